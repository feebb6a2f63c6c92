package outdir

import (
	"exemplar/schemas"
	"exemplar/transforms/store"
)

// Folder names the files of an output folder that is made in parts: no step joins
// these names by hand.
type Folder struct {
	Dir   string
	Kind  string // what the names of the results of its parts begin with
	Parts int
}

// File returns the full name of one of the files that the folder is for.
func (f Folder) File(name string) string { return store.Join(f.Dir, name) }

// Part returns the full name of the result of part i, which is written when its file
// is complete.
func (f Folder) Part(i int) string { return f.state(f.part(i)) }

// List returns the full name of the list of what goes into part i.
func (f Folder) List(i int) string { return f.state(schemas.ListName(i, f.Parts)) }

// Index returns the full name of the index of part i.
func (f Folder) Index(i int) string { return f.state(schemas.IndexName(i, f.Parts)) }

// Beside returns the names, relative to the folder, that part i may have in the state
// folder.
func (f Folder) Beside(i int) []string {
	names := []string{f.part(i), schemas.ListName(i, f.Parts), schemas.IndexName(i, f.Parts)}
	for k := range names {
		names[k] = schemas.StateDir + "/" + names[k]
	}
	return names
}

func (f Folder) part(i int) string { return schemas.PartName(f.Kind, i, f.Parts) }

func (f Folder) state(name string) string { return store.Join(f.Dir, schemas.StateDir, name) }

// OwnsLatents reports whether a file, named relative to its folder, is one of those of a
// folder of latents.
func OwnsLatents(name string) bool {
	kind, _, _, ext, ok := schemas.ParseName(name)
	return name == schemas.LatentsErrorsFile || ok && kind == "latents" && ext == "parquet"
}
