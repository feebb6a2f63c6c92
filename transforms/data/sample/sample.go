package sample

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/schemas/words"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// Manifest is the name of the file that says what a sample holds. It is written
// last; one that is written first says that the sample is unfinished, so that nobody
// takes it for anything else.
const Manifest = schemas.SampleFile

// format is the value of "format" in the manifest. It changes whenever the same
// options would give other pixels.
const format = "exemplar.sample/2"

// formats are those of complete samples that stand: one of an earlier version, whose nuclei
// were smaller and dimmer, is what the results beside it were made from.
var formats = []string{"exemplar.sample/1", format}

// Defaults of Options.
const (
	DefaultImages = 2000
	DefaultSeed   = 1
)

// MaxImages keeps a slip of the finger from filling a disk: 64 GB.
const MaxImages = 1_000_000

// Options decide what is generated. The zero value is the quickstart's sample.
type Options struct {
	Images int    // number of crops; 0: DefaultImages
	Seed   uint64 // 0: DefaultSeed
}

// Summary says what a sample holds; it is the content of the manifest.
type Summary struct {
	Format string         `json:"format"`
	Images int            `json:"images"`
	Seed   uint64         `json:"seed"`
	Size   int            `json:"size"`    // height and width of a crop, pixels
	Bytes  int64          `json:"bytes"`   // of all image files
	Runs   int            `json:"runs"`    // run01, run02, …
	Wells  int            `json:"wells"`   // of all runs
	Counts map[string]int `json:"classes"` // crops of each class

	// SHA256 is the hash over the lines "<sha256 of the file>  <name>\n" in the
	// order of generation: two samples with the same hash are equal byte for byte.
	SHA256 string `json:"sha256"`

	Unfinished bool `json:"unfinished,omitempty"` // images are still being written

	// Generated is false where the sample was there already and nothing was done.
	Generated bool `json:"-"`
}

// Generate writes the sample collection into the local folder dir. Where the
// folder holds a complete sample of the same options already, it does nothing
// and says so in the summary; what an earlier call left unfinished, or made with
// other options, is replaced. A folder that holds anything else is refused.
func Generate(ctx context.Context, dir string, o Options) (Summary, error) {
	if o.Images == 0 {
		o.Images = DefaultImages
	}
	if o.Seed == 0 {
		o.Seed = DefaultSeed
	}
	if o.Images < 1 || o.Images > MaxImages {
		return Summary{}, fmt.Errorf("a sample of %d images: choose 1 to %d", o.Images, MaxImages)
	}
	if store.IsRemote(dir) {
		return Summary{}, fmt.Errorf("%s: the sample collection is written to local folders only; choose one on this machine", dir)
	}
	if err := store.RemovePartials(ctx, dir); err != nil {
		return Summary{}, err
	}
	crops := plan(o.Images, o.Seed)
	manifest := filepath.Join(dir, Manifest)
	if s, ok, err := outdir.ReadManifest[Summary](ctx, manifest); err == nil && ok && s.complete(dir, o, crops) {
		return s, nil
	}
	if err := clear(ctx, dir, crops); err != nil {
		return Summary{}, err
	}
	s := Summary{Format: format, Images: o.Images, Seed: o.Seed, Size: Size, Unfinished: true}
	if err := outdir.WriteJSON(ctx, manifest, s); err != nil {
		return Summary{}, err
	}
	sums, err := write(ctx, dir, o.Seed, crops)
	if err != nil {
		return Summary{}, err
	}
	if err := store.SyncAll(dir); err != nil { // at once: they are many
		return Summary{}, err
	}
	s = Summary{
		Format: format, Images: o.Images, Seed: o.Seed, Size: Size, Bytes: int64(len(crops)) * tiffBytes,
		Counts: counts(crops), SHA256: digest(crops, sums), Generated: true,
	}
	s.Runs, s.Wells = batches(crops)
	if err := outdir.WriteJSON(ctx, manifest, s); err != nil {
		return Summary{}, err
	}
	return s, nil
}

// Keeps refuses what Generate would draw other images over: a finished sample of other
// options, or one of an earlier version of which images are missing, which this version
// draws otherwise. It is for a folder whose sample something was made of.
func Keeps(ctx context.Context, dir string, o Options) error {
	if o.Images == 0 {
		o.Images = DefaultImages
	}
	if o.Seed == 0 {
		o.Seed = DefaultSeed
	}
	s, ok, err := outdir.ReadManifest[Summary](ctx, filepath.Join(dir, Manifest))
	switch {
	case err != nil || !ok || s.Unfinished:
		return nil // Generate says what is wrong
	case s.Images != o.Images || s.Seed != o.Seed:
		return fmt.Errorf("%s holds a sample of %s, of which all else there was made, and not of %s: ask for as many", dir, words.Plural(s.Images, "image", "images"), words.Count(int64(o.Images)))
	case s.Format != format && slices.Contains(formats, s.Format):
		if missing := s.missing(dir, plan(o.Images, o.Seed)); missing != "" {
			return fmt.Errorf("%s is a sample of an earlier version, and %s is missing or has another size: this version draws other images; bring it back", dir, missing)
		}
	}
	return nil
}

// complete reports whether a sample stands for these options, and every file is there
// with its size.
func (s Summary) complete(dir string, o Options, crops []crop) bool {
	if !slices.Contains(formats, s.Format) || s.Unfinished || s.Images != o.Images || s.Seed != o.Seed {
		return false
	}
	return s.missing(dir, crops) == ""
}

// missing names the first image that is not there with its size.
func (Summary) missing(dir string, crops []crop) string {
	for _, c := range crops {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(c.name)))
		if err != nil || !info.Mode().IsRegular() || info.Size() != tiffBytes {
			return c.name
		}
	}
	return ""
}

// ownName matches the images that this package writes, of any options.
var ownName = regexp.MustCompile(`^run[0-9]{2}/well-[A-H][0-9]+/[a-z]+_[0-9]{4,}\.tif$`)

// clear removes the manifest and the images of earlier samples that are not
// planned. It touches nothing, and fails, where the folder holds other files
// (hidden ones aside).
func clear(ctx context.Context, dir string, crops []crop) error {
	planned := make(map[string]bool, len(crops))
	for _, c := range crops {
		planned[c.name] = true
	}
	var stale []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == dir && errors.Is(err, fs.ErrNotExist) {
				return fs.SkipAll
			}
			return err
		}
		if d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case rel == Manifest:
			stale = append([]string{path}, stale...)
		case !ownName.MatchString(rel):
			return fmt.Errorf("%s holds %s, which is no file of a sample collection; choose an empty folder", dir, rel)
		case !planned[rel]:
			stale = append(stale, path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, path := range stale {
		if err := store.Remove(ctx, path); err != nil {
			return err
		}
	}
	return store.SettleRemovals()
}

// write draws and writes every crop, on all cores, and returns the sha256 of
// each file.
func write(ctx context.Context, dir string, seed uint64, crops []crop) ([][sha256.Size]byte, error) {
	made := make(map[string]bool)
	for _, c := range crops {
		if folder := c.dir(); !made[folder] {
			made[folder] = true
			if err := store.MakeFolder(filepath.Join(dir, filepath.FromSlash(folder))); err != nil {
				return nil, err
			}
		}
	}
	meter := progress.Start("sample", int64(len(crops)), "images")
	defer meter.Stop()

	sums := make([][sha256.Size]byte, len(crops))
	g, ctx := caught.NewTasks(ctx, runtime.GOMAXPROCS(0))
	for i, c := range crops {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			file := appendTIFF(make([]byte, 0, tiffBytes), c.pixels(seed), Size, Size)
			sums[i] = sha256.Sum256(file)
			progress.Add("sample", 1)
			return os.WriteFile(filepath.Join(dir, filepath.FromSlash(c.name)), file, 0o666)
		})
	}
	return sums, g.Wait()
}

// digest hashes the names and hashes of all files, as Summary.SHA256 says.
func digest(crops []crop, sums [][sha256.Size]byte) string {
	h := sha256.New()
	for i, c := range crops {
		fmt.Fprintf(h, "%x  %s\n", sums[i], c.name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// batches counts the runs and wells that occur.
func batches(crops []crop) (nruns, nwells int) {
	runs, wells := map[int]bool{}, map[string]bool{}
	for _, c := range crops {
		runs[c.run], wells[c.dir()] = true, true
	}
	return len(runs), len(wells)
}
