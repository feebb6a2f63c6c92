package fit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// CheckpointFile is the name of the checkpoint in schemas.StateDir.
const CheckpointFile = "checkpoint.json"

// checkpoint is where a run is: checkpoint.json. Numbers survive it bit for bit.
type checkpoint struct {
	Fingerprint string `json:"fingerprint"`

	Epoch  int   `json:"epoch"`  // that is being trained, from 0
	Images int64 `json:"images"` // of it that have been trained on
	Step   int64 `json:"step"`   // steps since the start of the run
	Sums   sums  `json:"sums"`   // of the losses of this epoch

	Reports []Report `json:"reports,omitempty"`
	Block   sums     `json:"block,omitzero"` // of the losses since the last of them

	Rows     []Row `json:"rows"`
	Best     int   `json:"best"`     // index into Rows, -1: none
	Halvings int   `json:"halvings"` // of the learning rate, by Plateau
	Waited   int   `json:"waited"`   // epochs that Plateau has waited for a better one

	Guard    guard  `json:"guard"`
	Stopped  string `json:"stopped,omitempty"`
	Diverged bool   `json:"diverged,omitempty"`

	BestSHA256 string `json:"best_sha256,omitempty"` // of the files of the best model; "" in checkpoints of earlier versions

	State       string `json:"state"` // file of the learner's state, in StateDir
	StateSHA256 string `json:"state_sha256"`
}

// stateName returns the name of the learner's state at a position.
func (c *checkpoint) stateName() string {
	return fmt.Sprintf("state-%06d-%012d.safetensors", c.Epoch, c.Images)
}

// bestName returns the name in StateDir of a file of the model of an epoch.
func bestName(epoch int, file string) string { return fmt.Sprintf("best-%06d-%s", epoch, file) }

// save writes the checkpoint: the learner's state, then checkpoint.json, which
// makes it valid. Then it removes what an older one needed.
func (r *run) save(ctx context.Context) error {
	r.at.State = r.at.stateName()
	if err := r.writeState(ctx); err != nil {
		return err
	}
	if err := outdir.WriteJSON(ctx, r.file(CheckpointFile), &r.at); err != nil {
		return err
	}
	return r.sweep(ctx)
}

// writeState writes the learner's state, which is large, without a copy of it in
// memory.
func (r *run) writeState(ctx context.Context) error {
	w, err := store.Create(ctx, r.file(r.at.State))
	if err != nil {
		return err
	}
	defer w.Abort()
	h := sha256.New()
	if err := r.learner.WriteState(io.MultiWriter(w, h)); err != nil {
		return fmt.Errorf("saving the state of the training: %w", err)
	}
	r.at.StateSHA256 = hex.EncodeToString(h.Sum(nil))
	return w.Commit()
}

// file returns the full name of a file in StateDir.
func (r *run) file(name string) string { return store.Join(r.Dir, schemas.StateDir, name) }

// sweep removes states and models that the checkpoint does not name.
func (r *run) sweep(ctx context.Context) error {
	best := bestName(r.at.Best, "")
	for o, err := range store.List(ctx, store.Join(r.Dir, schemas.StateDir), false) {
		if err != nil {
			return err
		}
		name := store.Base(o.Name)
		stale := strings.HasPrefix(name, "state-") && name != r.at.State ||
			strings.HasPrefix(name, "best-") && !strings.HasPrefix(name, best)
		if stale {
			if err := store.Remove(ctx, o.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Resumes reports whether Run would go on from a checkpoint, as far as can be told
// without reading the learner's state.
func Resumes(ctx context.Context, c Config) (bool, error) {
	_, ok, err := (&run{Config: c}).readCheckpoint(ctx)
	return ok, err
}

// Beyond returns the number of epochs that a checkpoint of the same fingerprint has finished,
// where they are more than those of the configuration, so that Run does not go on from it; 0
// otherwise.
func Beyond(ctx context.Context, c Config) (epochs int, err error) {
	at, ok, err := outdir.ReadManifest[checkpoint](ctx, (&run{Config: c}).file(CheckpointFile))
	if err != nil || !ok || at.Fingerprint != c.Fingerprint || c.Steps > 0 || at.Epoch <= c.Epochs {
		return 0, err
	}
	return at.Epoch, nil
}

// readCheckpoint reads the checkpoint of an earlier run with the same
// fingerprint, if it is not beyond the last epoch.
func (r *run) readCheckpoint(ctx context.Context) (checkpoint, bool, error) {
	at, ok, err := outdir.ReadManifest[checkpoint](ctx, r.file(CheckpointFile))
	return at, ok && at.Fingerprint == r.Fingerprint && (r.Steps > 0 || at.Epoch <= r.Epochs), err
}

// restore goes back to that checkpoint, if it is whole.
func (r *run) restore(ctx context.Context) (bool, error) {
	at, ok, err := r.readCheckpoint(ctx)
	if err != nil || !ok {
		return false, err
	}
	data, err := store.ReadFile(ctx, r.file(at.State))
	if errors.Is(err, fs.ErrNotExist) || err == nil && outdir.SHA256(data) != at.StateSHA256 {
		return false, r.damaged(at.State)
	}
	if err != nil {
		return false, err
	}
	if at.Best >= 0 {
		best, err := r.readBest(ctx, &at)
		if err != nil {
			return false, err
		}
		if best == nil {
			return false, r.damaged(bestName(at.Best, schemas.ModelFile))
		}
	}
	if err := r.learner.UnmarshalState(data); err != nil {
		return false, fmt.Errorf("%s: %w", r.file(at.State), err)
	}
	r.at = at
	return true, nil
}

// damaged says that a checkpoint is not gone on from, since a file of it is missing or
// not the one that was saved.
func (r *run) damaged(file string) error {
	_, err := fmt.Fprintf(r.Out, "%s is missing or damaged: the training starts again\n", r.file(file))
	return err
}

// best places the model of the best epoch.
func (r *run) best(epoch int) modeldir.Place {
	return func(file string) string { return r.file(bestName(epoch, file)) }
}

// writeBest writes the model of the best epoch so far.
func (r *run) writeBest(ctx context.Context, epoch int, m *model.Model) error {
	files, err := m.Marshal()
	if err != nil {
		return err
	}
	at := r.best(epoch)
	if err := modeldir.WriteWeights(ctx, at, files); err != nil {
		return err
	}
	if err := store.WriteFile(ctx, at(schemas.ModelFile), files[schemas.ModelFile]); err != nil {
		return err
	}
	r.at.BestSHA256 = files.SHA256()
	return nil
}

// readBest reads the model that a checkpoint names as the best; nil where it is damaged,
// another one, or a part of it missing.
func (r *run) readBest(ctx context.Context, at *checkpoint) (*model.Model, error) {
	files, err := modeldir.ReadFiles(ctx, r.best(at.Best))
	if err != nil {
		return nil, err
	}
	if at.BestSHA256 != "" && files.SHA256() != at.BestSHA256 {
		return nil, nil
	}
	m, err := model.Unmarshal(files)
	if err != nil {
		return nil, nil
	}
	return m, nil
}
