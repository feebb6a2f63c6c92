package verifying

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"exemplar/schemas"
)

// flips is the number of bits that the test flips, unless EXEMPLAR_FLIPS says
// otherwise.
const flips = 60

// TestEveryFlippedBitIsReported flips one bit at a time in the files of a finished
// run and demands a problem that names the file, with the state folders and,
// every other time, without them. Kinds of files are equally likely, then their
// files, then the bits, so that a million pixels do not hide a manifest.
func TestEveryFlippedBitIsReported(t *testing.T) {
	n := flips
	if text := os.Getenv("EXEMPLAR_FLIPS"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		check(t, err)
	}
	dir := workflow(t)
	kinds, names := kindsOf(t, dir)
	rng := rand.New(rand.NewPCG(1, 2))
	found := map[string]int{}
	for i := range n {
		kind := names[i%len(names)]
		file := kinds[kind][rng.IntN(len(kinds[kind]))]
		data, err := os.ReadFile(file)
		check(t, err)
		bit := rng.IntN(8 * len(data))
		data[bit/8] ^= 1 << (bit % 8)
		check(t, os.WriteFile(file, data, 0o666))

		folder, name, _ := strings.Cut(strings.TrimPrefix(file, dir+"/"), "/")
		state := filepath.Join(dir, folder, schemas.StateDir)
		bare := rng.IntN(2) == 0 && !strings.HasPrefix(name, schemas.StateDir+"/")
		if bare {
			if os.Rename(state, state+".away") != nil {
				bare = false // a model has none
			}
		}
		problems := strings.Join(verify(t, dir, folder), "\n")
		if bare {
			check(t, os.Rename(state+".away", state))
		}
		if !strings.Contains(problems, name) && !strings.Contains(problems, filepath.Join(folder, schemas.StateDir)) {
			t.Errorf("%s/%s: bit %d of byte %d was flipped, state folder removed: %v, and what was said is %q", folder, name, bit%8, bit/8, bare, problems)
		} else {
			found[kind]++
		}
		data[bit/8] ^= 1 << (bit % 8)
		check(t, os.WriteFile(file, data, 0o666))
	}
	for _, kind := range names {
		t.Logf("%5d flips reported in %s", found[kind], kind)
	}
	for _, folder := range folders { // all was put back
		if problems := verify(t, dir, folder); len(problems) > 0 {
			t.Errorf("%s at the end: %s", folder, strings.Join(problems, "\n"))
		}
	}
}

// kindsOf groups the files of a workflow that are not empty: those of one folder
// whose names begin alike.
func kindsOf(t *testing.T, dir string) (kinds map[string][]string, names []string) {
	kinds = map[string][]string{}
	for _, folder := range folders {
		for _, file := range filesOf(t, filepath.Join(dir, folder)) {
			info, err := os.Stat(file)
			check(t, err)
			if info.Size() == 0 {
				continue
			}
			kind := strings.TrimPrefix(file, dir+"/")
			if strings.HasSuffix(kind, ".tif") {
				kind = "selection/images/*.tif"
			} else if prefix, _, _, ext, ok := schemas.ParseName(filepath.Base(kind)); ok {
				kind = filepath.Join(filepath.Dir(kind), prefix+"-*."+ext)
			}
			if kinds[kind] == nil {
				names = append(names, kind)
			}
			kinds[kind] = append(kinds[kind], file)
		}
	}
	return kinds, names
}
