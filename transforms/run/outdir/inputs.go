package outdir

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// inputsFile is the name of what a step remembers of the files of other programs
// that it read. It is no result: without it they are hashed again.
const inputsFile = schemas.StateDir + "/inputs.json"

// hashedAtOnce is the number of files that are hashed at the same time.
const hashedAtOnce = 4

// Inputs are files of other programs, of which no manifest says what they hold: they
// are known by the sha256 of their content. One that has the name, size, time and
// generation that it had when it was hashed is not read again.
type Inputs struct {
	dir     string // of the output
	known   map[inputFile]string
	used    []hashedInput
	changed bool
}

// inputFile is what tells without reading it that a file is the same.
type inputFile struct {
	Name       string `json:"name"` // full
	Bytes      int64  `json:"bytes"`
	Modified   int64  `json:"modified"` // in nanoseconds
	Generation int64  `json:"generation,omitempty"`
}

// hashedInput is such a file with its content's hash.
type hashedInput struct {
	inputFile
	SHA256 string `json:"sha256"`
}

// inputsState is the content of inputsFile.
type inputsState struct {
	Files []hashedInput `json:"files"`
}

// ReadInputs returns what is remembered of the inputs in an output folder; again
// says that all are to be hashed again.
func ReadInputs(ctx context.Context, dir string, again bool) (*Inputs, error) {
	in := &Inputs{dir: dir, known: map[inputFile]string{}}
	if again {
		return in, nil
	}
	state, ok, err := ReadManifest[inputsState](ctx, store.Join(dir, inputsFile))
	if err != nil || !ok {
		return in, err // without an error: missing or damaged
	}
	for _, f := range state.Files {
		if len(f.SHA256) == 64 {
			in.known[f.inputFile] = f.SHA256
		}
	}
	return in, nil
}

// Hash returns the sha256 of files. It writes nothing.
func (in *Inputs) Hash(ctx context.Context, step string, objects []store.Object) ([]string, error) {
	sums := make([]string, len(objects))
	group, _ := caught.NewTasks(ctx, hashedAtOnce)
	meter := progress.Start(step+": inputs hashed", int64(len(objects)), "files")
	defer meter.Stop()
	for i, o := range objects {
		if sum, ok := in.known[fileOf(o)]; ok {
			sums[i] = sum
			progress.Add(step+": inputs hashed", 1)
			continue
		}
		in.changed = true
		group.Go(func() (err error) {
			if err = ctx.Err(); err == nil {
				sums[i], err = store.FileSHA256(ctx, o.Name)
			}
			progress.Add(step+": inputs hashed", 1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, o := range objects {
		in.used = append(in.used, hashedInput{fileOf(o), sums[i]})
	}
	return sums, nil
}

func fileOf(o store.Object) inputFile {
	return inputFile{o.Name, o.Size, o.ModTime.UnixNano(), o.Generation}
}

// Save remembers the hashes in the output folder, if any is new. A dry run changes
// nothing.
func (in *Inputs) Save(ctx context.Context) error {
	if in == nil || !in.changed || DryRun(ctx) {
		return nil
	}
	in.changed = false
	return WriteJSON(ctx, store.Join(in.dir, inputsFile), inputsState{in.used})
}

// CheckInput compares the sha256 of a file of another program that was read to its
// end with the one that it had when the work was planned.
func CheckInput(name, got, want string) error {
	if want == "" || got == want {
		return nil
	}
	return fmt.Errorf("%s: its sha256 begins with %.12s, before the work began it was %.12s: the file changed; run the same command again, and with Config.Overwrite if it says the same then",
		name, got, want)
}

// EarlierIdentity is what stood for a file of another program in version 0.1.0.
func EarlierIdentity(o store.Object) string {
	return fmt.Sprintf("%s %d %d %d", store.Base(o.Name), o.Size, o.ModTime.UnixNano(), o.Generation)
}

// Identity is what stands for a file of another program: its content, and its name
// without the folder.
func Identity(o store.Object, sha256 string) string { return store.Base(o.Name) + " " + sha256 }
