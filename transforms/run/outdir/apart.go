package outdir

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// manifests are the names of the files that say that a step wrote the folder that they lie in.
var manifests = []string{
	schemas.ShardsFile, schemas.ModelFile, schemas.LatentsFile, schemas.SelectionFile, schemas.ExportFile, schemas.DecodedFile, schemas.QueryFile, schemas.CompareFile,
	schemas.WidgetsFile,
}

// Reading returns the output of a step that reads some folders; "" is none.
func (o Output) Reading(folders ...string) Output {
	o.reads = folders
	return o
}

// apart refuses a new output in a folder that is read and that a step wrote: that step refuses
// what it did not write, and so could not go on there.
func (o Output) apart(ctx context.Context) error {
	folder, err := Around(ctx, o.Dir, o.reads...)
	if err != nil || folder == "" {
		return err
	}
	return fmt.Errorf("output folder %s would lie in %s, which is read here and which a step wrote: that step would refuse to go on beside files that are not its own; choose another Config.Output", o.Dir, folder)
}

// Around returns the first of some folders that a file or a folder lies in and that a step
// wrote; "" where there is none.
func Around(ctx context.Context, name string, folders ...string) (string, error) {
	at := place(name)
	for _, folder := range folders {
		if folder == "" || !strings.HasPrefix(at, strings.TrimSuffix(place(folder), "/")+"/") {
			continue
		}
		for _, manifest := range manifests {
			there, err := store.Exists(ctx, store.Join(folder, manifest))
			if err == nil && there {
				there, err = Output{Dir: folder}.isMarked(ctx, manifest)
			}
			if err != nil || there {
				return folder, err
			}
		}
	}
	return "", nil
}

// place is store.Place with links followed, also where the end of a local name does not exist
// yet.
func place(name string) string {
	at := store.Place(name)
	if store.IsRemote(name) {
		return at
	}
	for rest := ""; ; at, rest = filepath.Dir(at), filepath.Join(filepath.Base(at), rest) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.ToSlash(filepath.Join(real, rest))
		}
		if at == filepath.Dir(at) {
			return store.Place(name)
		}
	}
}
