package reporting

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// TestProvenance: hashes are those of the files, counts add up, commands name what is
// there, and what no manifest names stands as a placeholder.
func TestProvenance(t *testing.T) {
	c := linear(t)
	s, err := Open(t.Context(), c)
	check(t, err)
	p := (&gatherer{inputs: s.in}).provenance(t.Context())
	hashes := map[string]string{}
	for _, h := range p.Hashes {
		hashes[h.Name] = h.Value
	}
	for file, dir := range map[string]string{
		schemas.SelectionFile: c.Selection, schemas.SelectionParquet: c.Selection, schemas.SelectionCSV: c.Selection, schemas.CentersParquet: c.Selection,
		schemas.LatentsFile: c.Latents, schemas.ShardsFile: c.Shards, schemas.ModelFile: c.Model,
	} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		check(t, err)
		if hashes[file] != outdir.SHA256(data) {
			t.Errorf("%s has the sha256 %.12s, said is %.12s", file, outdir.SHA256(data), hashes[file])
		}
	}
	steps := map[string]Reconcile{}
	for _, r := range p.Counts {
		sum := int64(0)
		for _, part := range r.Parts {
			sum += part.Images
		}
		if sum != r.Total.Images || sum == 0 {
			t.Errorf("%s: %+v does not add up", r.Step, r)
		}
		steps[r.Step] = r
	}
	if steps["shard"].Total.Images != 50 || steps["encode"].Total.Images != 48 || steps["scope global"].Step == "" || steps["scope cluster"].Step == "" {
		t.Errorf("counts are %+v", p.Counts)
	}
	text := strings.Join(p.Commands, "\n")
	for _, want := range []string{"shard --input=", "--label_pattern='([a-z]+)_'", "train --input=" + quote(c.Shards), "--arch=linear", "encode --input=",
		"--scope=cluster,global", "--clusters=3", "--top=2", "--centers=mean,geometric_median,medoid", "verify --input=" + quote(c.Selection), "report --selection="} {
		if !strings.Contains(text, want) {
			t.Errorf("the commands lack %q:\n%s", want, text)
		}
	}
	if names := missing(p.Commands); len(names) > 0 {
		t.Errorf("%q stand for files that are all there", names)
	}
	settings := map[string]string{}
	for _, v := range p.Settings {
		settings[v.Name] = v.Value
	}
	if settings["groups"] != "cluster, global" || settings["picks"] != "2 of each group, the nearest to the center" || settings["space"] != "as encoded" || settings["preprocessing"] == "" {
		t.Errorf("settings %+v", p.Settings)
	}
	if !slices.ContainsFunc(p.Versions, func(v Named) bool { return v.Name == "shards" }) || !slices.ContainsFunc(p.Versions, func(v Named) bool { return v.Name == "model" }) {
		t.Errorf("versions %+v", p.Versions)
	}
}

// TestProvenanceOfAssignments: the page tells of the files, and its command makes them.
func TestProvenanceOfAssignments(t *testing.T) {
	s, err := Open(t.Context(), linear(t))
	check(t, err)
	g := &gatherer{inputs: s.in}
	const name, flag = "assignments of all images", " --assignments "
	told := func(p Provenance) string {
		for _, v := range p.Settings {
			if v.Name == name {
				return v.Value
			}
		}
		return ""
	}
	if p := g.provenance(t.Context()); told(p) != "" || strings.Contains(strings.Join(p.Commands, "\n"), flag) {
		t.Errorf("assignments that are not there: %q", told(p))
	}
	g.selection.Parameters.Assignments = true
	g.selection.Assignments = &schemas.Assignments{Rows: 1234, Files: []schemas.AssignmentsInfo{{File: schemas.AssignmentsName(0, 2)}, {File: schemas.AssignmentsName(1, 2)}}}
	p := g.provenance(t.Context())
	if want := "1,234 rows in 2 files from assignments-00000-of-00002.parquet on, whose sha256 selection.json lists"; told(p) != want {
		t.Errorf("%q, want %q", told(p), want)
	}
	if !strings.Contains(strings.Join(p.Commands, "\n"), flag) {
		t.Errorf("the commands lack %q:\n%s", flag, strings.Join(p.Commands, "\n"))
	}
}

// TestProvenanceOfLess: without shards and model, and of vectors of another program,
// placeholders stand for what is not known, and are explained.
func TestProvenanceOfLess(t *testing.T) {
	c := linear(t, "selection-npy")
	check(t, os.RemoveAll(c.Shards))
	check(t, os.RemoveAll(c.Model))
	c.Shards, c.Model = "", ""
	vectors := Config{Selection: c.beside("selection-npy")}
	for want, c := range map[string]Config{"SHARDS and MODEL": c, "VECTORS.npy and IDS.csv": vectors} {
		s, err := Open(t.Context(), c)
		check(t, err)
		p := (&gatherer{inputs: s.in}).provenance(t.Context())
		at := slices.IndexFunc(p.Settings, func(v Named) bool { return v.Name == "placeholders in the commands" })
		if at < 0 || !strings.HasPrefix(p.Settings[at].Value, want+" stand for files whose names are not recorded") {
			t.Errorf("settings %+v, want that %s stand for files", p.Settings, want)
		}
		for _, h := range p.Hashes {
			if h.Name == schemas.CollectionFile || h.Value == "" {
				t.Errorf("a hash of what is not there: %+v", h)
			}
		}
	}
}

// TestMethods: the paragraph names the figures of this selection, and cites each method
// that was used and no other; every citation is among the references and in the BibTeX.
func TestMethods(t *testing.T) {
	c := linear(t, "latents-conv", "model-conv", "selection-hierarchical", "selection-npy")
	hierarchical := Config{Selection: c.beside("selection-hierarchical"), Latents: c.beside("latents-conv"), Shards: c.Shards, Model: c.beside("model-conv"), Embedding: EmbeddingUMAP}
	tsne := hierarchical
	tsne.Embedding = EmbeddingTSNE
	for what, v := range map[string]struct {
		config      Config
		says        []string
		cites, nots []string
	}{
		"linear": {c, []string{"48 images (32x32", "all but 2 of a collection of 50,", "were encoded to vectors of 4 numbers each by a linear autoencoder",
			"into 3 clusters by k-means (Lloyd 1982)", "All 48 images formed one group.", "up to 2 images", "All steps were made with Exemplar 0.1.0."},
			[]string{"baldi1989", "lloyd1982", "arthur2007", "weiszfeld1937", "pearson1901"}, []string{"kingma2015", "vo2024", "mcinnes2018", "nemhauser1978"}},
		"hierarchical": {hierarchical, []string{"by Adam (Kingma & Ba 2015) to minimize the mean squared error", "by hierarchical k-means with resampling (Vo et al. 2024)", "A budget of 6 images"},
			[]string{"kingma2015", "vo2024", "mcinnes2018"}, []string{"baldi1989", "weiszfeld1937"}},
		"t-SNE": {tsne, []string{"hierarchical k-means"}, []string{"maaten2008", "belkina2019", "kobak2019", "venna2001"}, []string{"mcinnes2018"}},
		"vectors": {Config{Selection: c.beside("selection-npy")}, []string{"computed by another program (", "All other steps were made with Exemplar"},
			[]string{"lloyd1982"}, []string{"baldi1989", "kingma2015"}},
	} {
		s, err := Open(t.Context(), v.config)
		check(t, err)
		text, references, bib := (&gatherer{inputs: s.in}).methods()
		for _, want := range v.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: it lacks %q:\n%s", what, want, text)
			}
		}
		has := func(key string) bool {
			listed := slices.ContainsFunc(references, func(r Reference) bool { return r.Key == key && r.For != "" && r.Text != "" })
			if listed != strings.Contains(bib, "{"+key+",\n") {
				t.Errorf("%s: %s is in the references or in the BibTeX alone", what, key)
			}
			return listed
		}
		for _, key := range v.cites {
			if !has(key) {
				t.Errorf("%s: %s is not cited", what, key)
			}
		}
		for _, key := range v.nots {
			if has(key) {
				t.Errorf("%s: %s is cited", what, key)
			}
		}
		if strings.Contains(text, "  ") || strings.Contains(text, "%!") || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: no whole sentences:\n%s", what, text)
		}
	}
}
