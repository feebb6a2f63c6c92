package training

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestMove: a model that was moved is finished where it is now, in the place of what was
// there, and gone from where it was; a folder of somebody else's files takes none.
func TestMove(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	shards := shardsOf(t, spots(60, 12), 2)
	from, to := gradient(shards, filepath.Join(dir, "from")), gradient(shards, filepath.Join(dir, "to"))
	made, err := Run(ctx, from)
	if err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "foreign")
	if err := os.Mkdir(foreign, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "notes.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Move(ctx, from.Output, foreign); err == nil || !strings.Contains(err.Error(), "notes.txt") {
		t.Errorf("to a folder of notes: %v", err)
	}
	if _, err := Run(ctx, config(shards, to.Output)); err != nil { // a linear one
		t.Fatal(err)
	}
	// What a copy left that was interrupted is no hindrance: it has no model.json.
	if err := os.Remove(filepath.Join(to.Output, schemas.ModelFile)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to.Output, schemas.TrainingLogFile), []byte("epoch"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Move(ctx, from.Output, to.Output); err != nil {
		t.Fatal(err)
	}
	moved, err := Run(ctx, to)
	if err != nil || moved.Made || moved.SHA256 != made.SHA256 {
		t.Errorf("trained again: %+v, %v", moved, err)
	}
	for _, name := range []string{schemas.TrainingLogFile, schemas.LossPicture, schemas.StateDir + "/" + collectionFile} {
		if _, err := os.Stat(filepath.Join(to.Output, name)); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(from.Output, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s stayed: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(from.Output, schemas.ModelFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the model stayed: %v", err)
	}
}
