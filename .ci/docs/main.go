// Command docs checks the papers of this project: it runs every console block of the
// pages that it is given, each page in an empty folder of its own, and compares what the
// commands print with what the page says; it holds docs/commands to what --help prints;
// and it looks for links that lead nowhere and for tests that are not there.
//
//	go run ./.ci/docs --bin=DIR README.md docs/guide.md docs/recipes.md
//	go run ./.ci/docs --bin=DIR --update README.md docs/guide.md docs/recipes.md
//	go run ./.ci/docs --bin=DIR --data=DATA --full docs/autoencoders.md
//	go run ./.ci/docs --bin=DIR --data=DATA --idle docs/autoencoders.md
//
// DIR holds the built program exemplar. With --update the pages are written anew where
// they differ. The folders of DATA are in the folder of each page. Blocks below a line
// <!-- full run: docs/runs/NAME.txt --> are compared with that transcript, which --full makes
// by running them. With --idle all trainings have a learning rate of nearly 0, and every
// command that checks a bound (awk with "exit 1") has to fail. It runs in the root of the checkout.
//
// What lives here: pages and how they are compared (page.go, mask.go), running (run.go),
// what full runs printed (transcript.go), the pictures that commands made (pictures.go),
// whether bounds can be missed (idle.go), the help
// pages (help.go), and links and the names of tests (links.go). What never enters: Beam,
// Gorgonia, model, tfrecord, transforms, pipelines; what a command is meant to print.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// options are the flags.
type options struct {
	bin, data          string
	update, full, idle bool
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "", "`folder` of the built program")
	flag.StringVar(&o.data, "data", "", "`folder` whose folders pages find in theirs")
	flag.BoolVar(&o.update, "update", false, "write pages anew where they differ")
	flag.BoolVar(&o.full, "full", false, "run what takes long, too, and write its transcripts")
	flag.BoolVar(&o.idle, "idle", false, "see that bounds are missed where nothing is learned, and nothing else")
	flag.Parse()
	if err := check(o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check does everything, and returns all that is wrong.
func check(o options, pages []string) error {
	var err error
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(o.bin, "exemplar")); err != nil {
		return fmt.Errorf("--bin=%s: %w", o.bin, err)
	}
	var wrong []error
	for _, page := range pages {
		if o.idle {
			wrong = append(wrong, checkBounds(page, o))
		} else {
			wrong = append(wrong, checkPage(page, o))
		}
	}
	if !o.idle {
		wrong = append(wrong, checkHelp(o.bin, o.update), checkLinks("."), checkTests("docs/architecture.md"), checkTests("CONTRIBUTING.md"))
	}
	return errors.Join(wrong...)
}

// read returns the commands of a page.
func read(name string) (*page, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return parse(name, string(text))
}

// checkPage runs a page as one session and compares it.
func checkPage(name string, o options) error {
	p, err := read(name)
	if err != nil {
		return err
	}
	dir, err := folder(name, o.data)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	printed, err := session(p, o, dir)
	if err != nil {
		return err
	}
	pictures := checkPictures(name, strings.Join(p.lines, "\n"), dir, o.update)
	if o.full {
		by, err := programOf(o.bin)
		if err != nil {
			return err
		}
		if err := record(p, printed, by); err != nil {
			return err
		}
	}
	if o.update {
		return errors.Join(pictures, writeIfChanged(name, p.with(printed)))
	}
	compared, masked, wrong := p.compare(printed)
	fmt.Printf("%s: %d commands, %d printed digits compared, %d masked\n", name, len(p.commands), compared, masked)
	return errors.Join(wrong, pictures)
}

// writeIfChanged writes a page, and says so, unless it has that text already.
func writeIfChanged(name, text string) error {
	if old, err := os.ReadFile(name); err == nil && string(old) == text {
		return nil
	}
	fmt.Println("written:", name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}
