package reporting

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shardsOf finds the shards of a selection as a report does; right is what their manifest
// holds.
func shardsOf(t *testing.T, selection, right string) (string, []string, error) {
	t.Helper()
	ctx := context.Background()
	in := &inputs{Config: Config{Selection: selection}}
	list := in.candidates("", "shards", outdir.Recorded(ctx, selection, schemas.RunFile, stepSelect, "shards")...)
	dir, err := in.take("shards", "Config.Shards", list, false, func(dir string) error {
		data, err := store.ReadFile(ctx, store.Join(dir, schemas.ShardsFile))
		if err == nil && string(data) != right {
			err = errOther
		}
		return err
	})
	return dir, in.notes, err
}

// TestRecordedShards: the folder that the run of select was told of is taken where it holds
// what was encoded, wherever report is started, and else one line says what is the matter.
func TestRecordedShards(t *testing.T) {
	for name, c := range map[string]struct {
		command []string
		beside  string // shards/ beside the selection holds this
		raw     string // shards_raw/ holds this
		want    string // folder below the project
		note    string
	}{
		"named":              {command: []string{"/x/select", "--input=p/lat", "--output=p/sel", "--shards=p/shards_raw"}, raw: "right", want: "p/shards_raw", note: "shards: "},
		"named in words":     {command: []string{"select.exe", "-shards", "p/shards_raw", "--output", "./p/sel"}, raw: "right", want: "p/shards_raw", note: "shards: "},
		"a command":          {command: []string{"/x/exemplar", "select", "--output=p/sel", "--shards=p/shards_raw"}, raw: "right", want: "p/shards_raw", note: "shards: "},
		"another command":    {command: []string{"exemplar", "quickstart", "--output=p", "--shards=p/shards_raw"}, raw: "right"},
		"beside comes first": {command: []string{"select", "--output=p/sel", "--shards=p/shards_raw"}, beside: "right", raw: "right", want: "p/shards"},
		"others beside":      {command: []string{"select", "--output=p/sel", "--shards=p/shards_raw"}, beside: "others", raw: "right", want: "p/shards_raw", note: "shards: "},
		"gone":               {command: []string{"select", "--output=p/sel", "--shards=p/shards_raw"}, note: ", is not there: name"},
		"other shards now":   {command: []string{"select", "--output=p/sel", "--shards=p/shards_raw"}, raw: "others", note: ", is not what the selection was made from: name"},
		"only others beside": {beside: "others", note: "shards is not what the selection was made from: name the folder with Config.Shards"},
		"none named":         {command: []string{"select", "--output=p/sel"}},
		"of quickstart":      {command: []string{"/x/quickstart", "--output=p", "--shards=p/shards_raw"}, raw: "right"},
	} {
		t.Run(name, func(t *testing.T) {
			project := t.TempDir()
			selection := filepath.Join(project, "p", "sel")
			check(t, os.MkdirAll(selection, 0o777))
			for dir, data := range map[string]string{"shards": c.beside, "shards_raw": c.raw} {
				if data != "" {
					check(t, os.MkdirAll(filepath.Join(project, "p", dir), 0o777))
					check(t, os.WriteFile(filepath.Join(project, "p", dir, schemas.ShardsFile), []byte(data), 0o666))
				}
			}
			if c.command != nil {
				data, err := json.Marshal(schemas.Run{Format: schemas.RunFormat, Step: "select", Command: c.command})
				check(t, err)
				check(t, os.WriteFile(filepath.Join(selection, schemas.RunFile), data, 0o666))
			}
			dir, notes, err := shardsOf(t, selection, "right")
			check(t, err)
			want := ""
			if c.want != "" {
				want = filepath.Join(project, c.want)
			}
			if dir != want {
				t.Errorf("found %q, want %q", dir, want)
			}
			if text := strings.Join(notes, "\n"); len(notes) > 1 || (c.note == "") != (text == "") || !strings.Contains(text, c.note) {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
		})
	}
}
