package decoding

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"exemplar/schemas"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/run/outdir"
)

// namer names the files of images. Names depend on the ids alone, and on which of them
// share one: not on the files that they are in, nor on which are decoded.
type namer struct {
	extension string
	shared    []uint64 // keys of names that several images would have, sorted
}

// key stands for a name on file systems that tell no capitals apart, and none of the ways in
// which Unicode writes the same letter.
func key(name string) uint64 { return xxh3.HashString(folded(name)) }

// folded returns a name without capitals, and with letters that are written in one way.
func folded(name string) string {
	name = strings.ToLower(name)
	if !strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return name
	}
	return norm.NFC.String(cases.Fold().String(norm.NFD.String(name)))
}

// keyOf is the key of the name that an image would have if there were no other.
func keyOf(id string) uint64 { return key(plain(id)) }

// plain is the name of an image as that of a picked one, without its rank.
func plain(id string) string { return imagefile.Safe(imagefile.Stem(id)) }

var (
	// hashed are names that end as those with a hash do.
	hashed = regexp.MustCompile(`~[0-9a-f]{16}$`)
	// devices are names that Windows keeps for itself, whatever comes behind a dot.
	devices = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// file returns the name of an image's file, relative to the folder: images/<name>.tif. A
// name that several images would have, that is hidden, or that means something else gets
// a hash of the id behind it.
func (n *namer) file(id string) string {
	name := plain(id)
	_, several := slices.BinarySearch(n.shared, key(name))
	if several || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "" || hashed.MatchString(name) || devices.MatchString(name) {
		name = fmt.Sprintf("%s~%.16s", strings.TrimLeft(name, "._"), outdir.SHA256([]byte(id)))
		if devices.MatchString(name) {
			name = "image-" + name
		}
	}
	return schemas.ImagesDir + "/" + name + n.extension
}

// shared returns the keys that are there more than once, sorted.
func shared(keys []uint64) (several []uint64) {
	slices.Sort(keys)
	for i := 1; i < len(keys); i++ {
		if keys[i] == keys[i-1] && (len(several) == 0 || several[len(several)-1] != keys[i]) {
			several = append(several, keys[i])
		}
	}
	return several
}

var imageFile = regexp.MustCompile(`^` + schemas.ImagesDir + `/[^/]+\.(tif|png)$`)

// owns tells the files of this step.
func owns(name string) bool {
	switch name {
	case schemas.DecodedCSV, schemas.DecodedSheet, schemas.ErrorsFile:
		return true
	}
	return imageFile.MatchString(name)
}

// ownsBoth tells those of the latents below them, too. They are its own of images of shards
// alone: latents that lie there are somebody's otherwise.
func ownsBoth(name string) bool { return owns(name) || ofLatents(name) }

// ofLatents reports whether a file is of the latents of shards that were encoded for
// this; they are of package encoding.
func ofLatents(name string) bool { return strings.HasPrefix(name, schemas.LatentsDir+"/") }
