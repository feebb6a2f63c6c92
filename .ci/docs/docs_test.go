package main

import (
	"errors"
	"os"
	"strings"
	"testing"
)

const example = "# Page\n\n```console\n$ exemplar shard --input=a \\\n    --output=b\n2,000 images listed = 2,000 written + 0 rejected\n…\n20 shards, 125.4 MiB, in 340ms\n$ exemplar verify\n```\n\n```python\n$ no command\n```\n"

var prints = [][]string{
	{"2,000 images listed = 2,000 written + 0 rejected", "left out", "20 shards, 125.4 MiB, in 1m2.5s"},
	nil,
}

func mustParse(t *testing.T, text string) *page {
	t.Helper()
	p, err := parse("page.md", text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCommandsOfAPage(t *testing.T) {
	p := mustParse(t, example)
	if len(p.commands) != 2 || p.commands[0].text != "exemplar shard --input=a \\\n    --output=b" || p.commands[1].text != "exemplar verify" {
		t.Fatalf("commands %+v", p.commands)
	}
	compared, masked, err := p.compare(prints)
	if err != nil || compared != 15 || masked != 3 {
		t.Errorf("%d digits compared, %d masked, %v; want 15, 3, none", compared, masked, err)
	}
}

// Whichever digit that is not masked is changed in the page, it is noticed.
func TestEveryChangedDigitIsNoticed(t *testing.T) {
	for i := strings.Index(example, "2,000"); i < strings.Index(example, ", in 340ms"); i++ {
		if example[i] < '0' || example[i] > '9' {
			continue
		}
		changed := example[:i] + string('0'+(example[i]-'0'+1)%10) + example[i+1:]
		if _, _, err := mustParse(t, changed).compare(prints); err == nil {
			t.Errorf("a changed digit at %d was not noticed:\n%s", i, changed)
		}
	}
}

func TestDifferences(t *testing.T) {
	for name, prints := range map[string][][]string{
		"a line more":     {append([]string{"new"}, prints[0]...), nil},
		"lines missing":   {{"2,000 images listed = 2,000 written + 0 rejected"}, nil},
		"another at last": {append(append([]string{}, prints[0]...), "new"), nil},
		"not silent":      {prints[0], {"new"}},
	} {
		if _, _, err := mustParse(t, example).compare(prints); err == nil {
			t.Errorf("%s: no difference was found", name)
		}
	}
}

func TestMask(t *testing.T) {
	for line, want := range map[string]string{
		"train    46.99s  convolutional, 64 dimensions":                     "train  TIME  convolutional, 64 dimensions",
		"train   1m2.5s  convolutional, 64 dimensions":                      "train  TIME  convolutional, 64 dimensions",
		"time     about 1.3s (0.7s to 3.1s) on 2 cores":                     "time     about  TIME ( TIME to  TIME) on CORES",
		"sample   102 images, in 0.1s: 3,615/s":                             "sample   102 images, in  TIME: RATE",
		"memory   about 77.5 MiB":                                           "memory   MEMORY",
		"writes   about 125.4 MiB, in demo/shards; 38.2 GiB are free there": "writes   about 125.4 MiB, in demo/shards; SPACE are free there",
		"cannot read /data/images/1.tif: damaged":                           "cannot read PATH: damaged",
		"1.5 shards of 3 s, run03/4.tif, χ² 13.4":                           "1.5 shards of 3 s, run03/4.tif, χ² 13.4",
	} {
		if got := mask(line); got != want {
			t.Errorf("mask(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestUpdate(t *testing.T) {
	p := mustParse(t, example)
	if got := p.with(prints); got != example {
		t.Errorf("a page that is right was changed:\n%s", got)
	}
	got := p.with([][]string{{"1,999 images", "left out", "left out too", "19 shards"}, {"wrong"}})
	want := strings.NewReplacer("2,000 images listed = 2,000 written + 0 rejected", "1,999 images",
		"20 shards, 125.4 MiB, in 340ms", "19 shards", "$ exemplar verify\n", "$ exemplar verify\nwrong\n").Replace(example)
	if got != want {
		t.Errorf("updated page:\n%s\nwant:\n%s", got, want)
	}
}

func TestShown(t *testing.T) {
	got := shown("shard: 12,000 of 60,000 images (20 %), 3,000/s, 12s left\n20 shards\n")
	if len(got) != 1 || got[0] != "20 shards" {
		t.Errorf("shown %q", got)
	}
}

func TestSlug(t *testing.T) {
	if got := slug("On Flink: a cluster, of your own (`PROCESS`)"); got != "on-flink-a-cluster-of-your-own-process" {
		t.Error(got)
	}
}

// A block of a full run is compared with its transcript; a digit that is changed in the page is noticed.
func TestTranscript(t *testing.T) {
	t.Chdir(t.TempDir())
	page := "# Page\n\n<!-- full run: docs/runs/long.txt -->\n```console\n$ echo 5 \\\n    7\n5 7\n```\n\n```console\n$ echo 8\n8\n```\n"
	if _, err := session(mustParse(t, page), options{}, t.TempDir()); err == nil {
		t.Error("a page without its transcript was held to nothing")
	}
	p := mustParse(t, page)
	printed, err := session(p, options{full: true}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := record(p, printed, "program"); err != nil {
		t.Fatal(err)
	}
	for _, changed := range []string{page, strings.Replace(page, "\n5 7\n", "\n5 6\n", 1), strings.Replace(page, "\n8\n", "\n9\n", 1)} {
		p := mustParse(t, changed)
		printed, err := session(p, options{}, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, wrong := p.compare(printed); (wrong == nil) != (changed == page) {
			t.Errorf("%s\n%v", changed, wrong)
		}
	}
	if _, err := session(mustParse(t, strings.Replace(page, "    7", "    8", 1)), options{}, t.TempDir()); err == nil {
		t.Error("another command was held to the transcript")
	}
}

func TestBoundsAreMissed(t *testing.T) {
	for command, want := range map[string]string{
		"exemplar train --lr=0.01 --input=a": "exemplar train --lr=1e-30 --input=a",
		"exemplar train --input=a":           "exemplar train --lr=1e-30 --input=a",
		"exemplar encode --input=a":          "exemplar encode --input=a",
	} {
		if got := idle(command); got != want {
			t.Errorf("%s became %s", command, got)
		}
	}
	t.Chdir(t.TempDir())
	for bound, misses := range map[string]bool{"awk 'BEGIN { exit 1 }'": true, "awk 'BEGIN { if (0) exit 1; print 3 }'": false} {
		if err := os.WriteFile("page.md", []byte("```console\n$ "+bound+"\n```\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := checkBounds("page.md", options{}); (err == nil) != misses {
			t.Errorf("%s: %v", bound, err)
		}
	}
}

// A picture is what the commands of the page made, to the byte.
func TestPictures(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, text := t.TempDir(), "# Page\n\n<!-- picture: made.png -->\n![a picture](pictures/a.png)\n"
	check := func(update bool) error { return checkPictures("docs/page.md", text, dir, update) }
	write := func(name, data string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if check(false) == nil {
		t.Error("a picture that no command made was not noticed")
	}
	write(dir+"/made.png", "pixels")
	if check(false) == nil {
		t.Error("a picture that is not there was not noticed")
	}
	if err := errors.Join(check(true), check(false)); err != nil {
		t.Error(err)
	}
	write("docs/pictures/a.png", "pixelz")
	if check(false) == nil {
		t.Error("a changed picture was not noticed")
	}
}
