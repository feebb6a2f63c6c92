// Command docs checks the papers of this project: it runs every console block of the
// pages that it is given, each page in an empty folder of its own, and compares what the
// commands print with what the page says; it holds docs/commands to what --help prints;
// and it looks for links that lead nowhere and for tests that are not there.
//
//	go run ./.ci/docs --bin=DIR README.md docs/guide.md docs/recipes.md
//	go run ./.ci/docs --bin=DIR --update README.md docs/guide.md docs/recipes.md
//	go run ./.ci/docs --bin=DIR --study=FILES docs/study.md
//
// DIR holds the built program exemplar. With --update the pages are written anew where
// they differ. FILES holds the study's files, which are not in the checkout: the page about
// it finds them as study/, and is left out without them. It runs in the root of the checkout.
//
// What lives here: pages and how they are compared (page.go, mask.go), running (run.go),
// the help pages (help.go), and links and the names of tests (links.go). What never
// enters: Beam, Gorgonia, model, tfrecord, transforms, pipelines; what a command is
// meant to print.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	bin := flag.String("bin", "", "`folder` of the built program")
	update := flag.Bool("update", false, "write pages anew where they differ")
	study := flag.String("study", "", "`folder` of the study's files, for the page about it")
	flag.Parse()
	if err := check(*bin, *study, *update, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check does everything, and returns all that is wrong.
func check(bin, study string, update bool, pages []string) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(bin, "exemplar")); err != nil {
		return fmt.Errorf("--bin=%s: %w", bin, err)
	}
	wrong := []error{checkHelp(bin, update)}
	for _, page := range pages {
		wrong = append(wrong, checkPage(page, bin, study, update))
	}
	wrong = append(wrong, checkLinks("."), checkTests("docs/architecture.md"), checkTests("CONTRIBUTING.md"))
	return errors.Join(wrong...)
}

// studyPage is the page whose commands read the study's files.
const studyPage = "study.md"

// checkPage runs a page as one session and compares it.
func checkPage(name, bin, study string, update bool) error {
	if filepath.Base(name) != studyPage {
		study = ""
	} else if study == "" {
		fmt.Printf("%s: left out, without the study's files\n", name)
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	p, err := parse(name, string(text))
	if err != nil {
		return err
	}
	printed, err := session(p, bin, study)
	if err != nil {
		return err
	}
	if update {
		return writeIfChanged(name, p.with(printed))
	}
	compared, masked, wrong := p.compare(printed)
	fmt.Printf("%s: %d commands, %d printed digits compared, %d masked\n", name, len(p.commands), compared, masked)
	return wrong
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
