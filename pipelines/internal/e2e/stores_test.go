package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/transforms/store"
)

// TestStoresHoldEverything runs the steps that go from or to models, pages and
// proofs with all that they read and write in an object store. Those with images
// are in TestFailingStores and TestTrainingInAStore.
func TestStoresHoldEverything(t *testing.T) {
	r := reference(t)
	arch := architecture(t, r.model)
	local := t.TempDir()
	must(t, nil, "export", "--format=npz", "--model="+r.model, "--output="+local+"/npz")
	must(t, nil, "report", "--selection="+r.selection, "--embedding=umap", "--output="+local+"/page/a.html")
	must(t, nil, "query", "--input="+r.latents, "--shards="+r.shards, "--image="+write(t, "new.png", crop(7))+"/new.png", "--output="+local+"/query")
	must(t, nil, "decode", "--input="+r.latents, "--model="+r.model, "--output="+local+"/decoded")
	stores := map[string]failingStore{"gs://data/a b": failingGS(t), "s3://data/a b": failingS3(t)}
	for _, s := range stores { // this process looks into them too
		for _, v := range s.env {
			name, value, _ := strings.Cut(v, "=")
			t.Setenv(name, value)
		}
	}
	for base, s := range stores {
		t.Run(base[:2], func(t *testing.T) {
			for name, dir := range map[string]string{"shards": r.shards, "model": r.model, "latents": r.latents, "selection": r.selection} {
				putTree(t, base+"/"+name, dir)
			}
			for name, data := range map[string][]byte{"arch.json": arch, "new.png": crop(7)} {
				if err := store.WriteFile(t.Context(), base+"/"+name, data); err != nil {
					t.Fatal(err)
				}
			}
			must(t, s.env, "export", "--format=npz", "--model="+base+"/model", "--output="+base+"/npz")
			holds(t, base+"/npz", local+"/npz", "*.npz", "export.json")
			must(t, s.env, "import", "--arch="+base+"/arch.json", "--encoder="+base+"/npz/encoder.npz", "--decoder="+base+"/npz/decoder.npz", "--output="+base+"/imported")
			holds(t, base+"/imported", r.model, "*.safetensors")
			must(t, s.env, "report", "--selection="+base+"/selection", "--embedding=umap", "--output="+base+"/page/a.html")
			holds(t, base+"/page", local+"/page", "figure.*", "selection.bib")
			must(t, s.env, "query", "--input="+base+"/latents", "--shards="+base+"/shards", "--image="+base+"/new.png", "--output="+base+"/query")
			holds(t, base+"/query", local+"/query", "neighbours.*", "query.*", "contact_sheet.png")
			for range 2 { // the second run finds all there
				must(t, s.env, "compare", "--input="+base+"/shards", "--models="+base+"/model,"+base+"/imported", "--output="+base+"/compared")
				must(t, s.env, "decode", "--input="+base+"/latents", "--model="+base+"/model", "--output="+base+"/decoded")
			}
			holds(t, base+"/decoded", local+"/decoded", "images/*.tif", "images.csv", "*.png", "decode.json")
			for _, folder := range []string{"decoded", "model", "latents", "selection", "query", "compared"} {
				must(t, s.env, "verify", "--input="+base+"/"+folder)
			}
		})
	}
}

// architecture returns the JSON file that describes the architecture of a model.
func architecture(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "model.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Architecture json.RawMessage `json:"architecture"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m.Architecture
}
