package selecting

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/run/outdir"
)

// imageNames returns the file of each pick relative to images/:
// <scope>/<group>/<center>/<metric>/001__name.tif.
func imageNames(groups []group, picks []schemas.Pick) []string {
	folders := groupFolders(groups)
	width := 3
	for _, p := range picks {
		width = max(width, len(fmt.Sprint(p.Rank)))
	}
	names := make([]string, len(picks))
	for i, p := range picks {
		file := fmt.Sprintf("%0*d__%s.tif", width, p.Rank, imagefile.Safe(imagefile.Stem(p.ImageID)))
		names[i] = path.Join(folders[[2]string{p.Scope, p.GroupID}], p.Center, p.Metric, file)
	}
	return names
}

// groupFolders returns for each group, by scope and id, its folder
// <scope>/<group>. A name that had to be changed, or that differs from another
// one of the scope only in case, gets a hash behind it.
func groupFolders(groups []group) map[[2]string]string {
	folders, seen := map[[2]string]string{}, map[string]bool{}
	for _, g := range groups {
		name := imagefile.Safe(g.id)
		hidden := name == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
		if name != g.id || hidden || seen[strings.ToLower(path.Join(schemas.ScopeFolder(g.scope), name))] {
			name = fmt.Sprintf("%s~%.8s", strings.TrimLeft(name, "._"), outdir.SHA256([]byte(g.id)))
		}
		folder := path.Join(schemas.ScopeFolder(g.scope), name)
		seen[strings.ToLower(folder)] = true
		folders[[2]string{g.scope, g.id}] = folder
	}
	return folders
}

var imageFile = regexp.MustCompile(`^` + schemas.ImagesDir + `/(` + strings.Join(schemas.Scopes, "|") + `|` + schemas.MetadataPrefix + `[A-Za-z0-9_]+|` + schemas.ScopeFolder(schemas.ScopeLabel+schemas.Cross) + `[A-Za-z0-9_]+|` + schemas.ScopeFolder(schemas.ScopeCluster+schemas.Cross) + `[A-Za-z0-9_]+)/[^/]+/[^/]+/[^/]+/[0-9]{3,}__[^/]*\.tif$`)

// owns tells the files of this step, and those of a report of an earlier selection,
// which go when it is made anew.
func owns(name string) bool {
	switch name {
	case schemas.SelectionParquet, schemas.SelectionCSV, schemas.CentersParquet, schemas.CentersNPZ, schemas.LabelsCSV,
		schemas.ImagesDir + "/" + schemas.MetadataCSV:
		return true
	}
	return imageFile.MatchString(name) || schemas.IsAssignments(name) || ofVectors(name) || schemas.OfReport(name)
}

// ofVectors reports whether a file is of the vectors of another program, which
// package ingesting writes below the selection, and which stay when it is made anew.
func ofVectors(name string) bool { return strings.HasPrefix(name, schemas.VectorsDir+"/") }
