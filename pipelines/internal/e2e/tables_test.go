package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// spikes writes counts of 24 neurons in 400 bins of time, of four phases with an ensemble each,
// and beside them what the animal does.
func spikes(t *testing.T, dir string) (counts, behaviour string) {
	t.Helper()
	var a, b strings.Builder
	a.WriteString("bin")
	for n := range 24 {
		fmt.Fprintf(&a, ",n%02d", n)
	}
	b.WriteString("bin,speed,turn,phase")
	s := uint64(7)
	draw := func(n uint64) uint64 { s = s * 16807 % 2147483647; return s % n }
	for i := range 400 {
		phase := i / 25 % 4
		fmt.Fprintf(&a, "\nt%03d", i)
		for n := range 24 {
			c := draw(3)
			if n%4 == phase {
				c += 4 + draw(3)
			}
			fmt.Fprintf(&a, ",%d", c)
		}
		fmt.Fprintf(&b, "\nt%03d,%d.%d,%d,p%d", i, 10*phase, draw(10), draw(30), phase)
	}
	counts, behaviour = filepath.Join(dir, "spikes.csv"), filepath.Join(dir, "behaviour.csv")
	for name, text := range map[string]string{counts: a.String(), behaviour: b.String()} {
		if err := os.WriteFile(name, []byte(text+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return counts, behaviour
}

// TestTables goes from a table, and from two, to clusters along time: what is printed, what
// verify holds, that nothing is to do again, and that the phases are found.
func TestTables(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	counts, behaviour := spikes(t, dir)
	both := counts + "," + behaviour
	columns := []string{"--id_column=bin", "--vector_columns=^(n[0-9]+|speed|turn)$"}
	train := func(input, output string, more ...string) []string {
		return append(append([]string{"--input=" + input, "--output=" + output}, columns...), more...)
	}
	out := must(t, nil, "train", train(counts, at("model"), "--arch=dense-24-16-2", "--epochs=30", "--lr=0.01")...)
	for _, want := range []string{"autoencoder of ", " rows, 2 dimensions, in ", "% of the variance (the mean row has ", "model "} {
		if !strings.Contains(out, want) {
			t.Errorf("train does not say %q:\n%s", want, out)
		}
	}
	for _, name := range []string{"training_log.csv", "loss.png", "latents.png", "codes.png"} {
		if _, err := os.Stat(filepath.Join(at("model"), name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(at("model"), "reconstructions")); err == nil {
		t.Error("there are pictures of rows")
	}
	must(t, nil, "train", train(both, at("both"), "--latent=3", "--label_column=phase", "--table_weights=1,3")...)
	for model, input := range map[string]string{"model": counts, "both": both} {
		args := []string{"--input=" + input, "--model=" + at(model), "--output=" + at("latents-"+model), "--reconstruct"}
		if input == both {
			args = append(args, "--label_column=phase")
		}
		if plan := must(t, nil, "encode", append(args, "--plan")...); !strings.Contains(plan, "400 rows of ") {
			t.Errorf("plan of encode:\n%s", plan)
		}
		if out := must(t, nil, "encode", args...); !strings.Contains(out, "400 rows = 400 encoded + 0 rejected\nreconstruction of 400 rows: mean squared error ") {
			t.Errorf("encode:\n%s", out)
		}
		if out := must(t, nil, "encode", args...); !strings.HasPrefix(out, "Nothing to do: ") {
			t.Errorf("encode again:\n%s", out)
		}
		latents, selection := at("latents-"+model), at("selection-"+model)
		must(t, nil, "select", "--input="+latents, "--output="+selection, "--clusters=4", "--top=3", "--assignments")
		must(t, nil, "report", "--selection="+selection)
		must(t, nil, "query", "--input="+latents, "--image=t010", "--output="+at("query-"+model))
		for _, dir := range []string{latents, selection, at("query-" + model)} {
			if out := must(t, nil, "verify", "--input="+dir, "--model="+at(model), "--latents="+latents); strings.Contains(out, "does not hold") {
				t.Errorf("verify of %s:\n%s", dir, out)
			}
		}
	}
	// The picks of a cluster are bins of one phase.
	table, err := os.ReadFile(filepath.Join(at("selection-model"), "selection.csv"))
	if err != nil {
		t.Fatal(err)
	}
	phases, rows := map[string]int{}, strings.Split(strings.TrimSpace(string(table)), "\n")
	header := strings.Split(rows[0], ",")
	for _, row := range rows[1:] {
		group, bin := "", 0
		for i, cell := range strings.Split(row, ",") {
			switch header[i] {
			case "group":
				group = cell
			case "image_id":
				if _, err := fmt.Sscanf(cell, "t%d", &bin); err != nil {
					t.Fatal(err)
				}
			}
		}
		phase := bin / 25 % 4
		if was, known := phases[group]; known && was != phase {
			t.Errorf("cluster %s has bins of phases %d and %d", group, was, phase)
		}
		phases[group] = phase
	}
	if len(phases) != 4 {
		t.Errorf("%d clusters: %s", len(phases), rows[0])
	}
}

// TestTablesRefused: every mistake is a line, with exit code 1, or 2 for flags, and nothing is written.
func TestTablesRefused(t *testing.T) {
	r, dir := reference(t), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	counts, behaviour := spikes(t, dir)
	columns := []string{"--id_column=bin", "--vector_columns=^n"}
	must(t, nil, "train", append(columns, "--input="+counts, "--latent=2", "--output="+at("model"))...)
	must(t, nil, "encode", "--input="+counts, "--model="+at("model"), "--output="+at("latents"))
	less := at("less.csv")
	if err := os.WriteFile(less, []byte("bin,speed\nt000,1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	table := append(columns, "--input="+counts)
	for want, args := range map[string][]string{
		"2train: --working_size: is for images":                            append([]string{"train", "--working_size=3"}, table...),
		"2train: --input_range: is for images":                             append([]string{"train", "--input_range=0,1", "--arch=dense-24-2"}, table...),
		"2train: --scale: is for tables of numbers":                        {"train", "--input=" + r.shards, "--scale=range"},
		"2train: --scale=log: must be one of zscore, range, none":          append([]string{"train", "--scale=log"}, table...),
		"2train: --table_weights has 2 numbers for 1 table":                append([]string{"train", "--table_weights=1,2"}, table...),
		"1train: --arch=ae1m is convolutional":                             append([]string{"train", "--arch=ae1m"}, table...),
		"1train: --arch=dense-25-2 takes 25 numbers, and ":                 append([]string{"train", "--arch=dense-25-2"}, table...),
		"1train: loss bce takes numbers in [0,1]":                          append([]string{"train", "--arch=dense-24-2", "--loss=bce"}, table...),
		"1train: --latent=25: the table has 24 columns":                    append([]string{"train", "--latent=25"}, table...),
		"1train: 399 of 400 ids in ":                                       {"train", "--id_column=bin", "--vector_columns=^(n|speed)", "--input=" + counts + "," + less},
		"1train: --from=" + r.model + ": the model is one of images":       append([]string{"train", "--arch=dense-24-2", "--from=" + r.model}, table...),
		"1encode: the model " + at("model") + " is one of the rows":        {"encode", "--input=" + r.shards, "--model=" + at("model")},
		"1encode: the model " + r.model + " is one of images":              {"encode", "--input=" + counts, "--model=" + r.model},
		"1encode: " + behaviour + ": has none of the columns":              {"encode", "--input=" + behaviour, "--model=" + at("model")},
		"2encode: --size: is for shards of images":                         {"encode", "--input=" + counts, "--model=" + at("model"), "--size=8x8"},
		"1decode: the model " + at("model") + " is one of the rows":        {"decode", "--input=" + at("latents"), "--model=" + at("model")},
		"1export: the model " + at("model") + " is one of the rows":        {"export", "--model=" + at("model"), "--format=onnx"},
		"1query: --shards=" + r.shards + ": the vectors in ":               {"query", "--input=" + at("latents"), "--image=t000", "--shards=" + r.shards},
		"1select: --min_sharpness=1: latents of the rows of a table have ": {"select", "--input=" + at("latents"), "--clusters=2", "--min_sharpness=1"},
	} {
		output := at("none")
		got := start(t, nil, args[0], append(args[1:], "--output="+output)...)
		code := int(want[0] - '0')
		if got.code != code || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, want[1:]) {
			t.Errorf("%q: exit code %d, want %d and %q\n%s%s", args, got.code, code, want[1:], got.stdout, got.stderr)
		}
		if _, err := os.Stat(output); err == nil {
			t.Fatalf("%q wrote something", args)
		}
	}
}
