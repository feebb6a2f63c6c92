package main

import (
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
