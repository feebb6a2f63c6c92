package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// sign is one word of the sentence of a package.
type sign struct {
	word string
	but  string // folder of which it does not speak, "" for none
	from *pkg   // whose doc it is
}

// sentence finds what never enters in the doc of a package, separator what separates its
// words for people.
var (
	sentence  = regexp.MustCompile(`(?s)What\s+never\s+enters(\s+here\s+or\s+below)?:\s+(.*?)\.(?:\s|$)`)
	separator = regexp.MustCompile(`,|\band\b|\bor\b`)
)

// read returns the signs of a package, and those that speak of all packages below, too.
func (p *pkg) read() (signs, below []sign, problem string) {
	all := sentence.FindAllStringSubmatch(p.doc, -1)
	if len(all) == 0 {
		return nil, nil, `its doc does not say "What never enters: …" (see .ci/layers)`
	}
	for _, found := range all {
		words, prose, _ := strings.Cut(found[2], ";")
		for _, word := range strings.Split(words, ",") {
			word, but, _ := strings.Cut(strings.Join(strings.Fields(word), " "), " but in ")
			if but != "" {
				but = path.Join(p.path, but)
			}
			signs = append(signs, sign{word, but, p})
			if found[1] != "" {
				below = append(below, sign{word, but, p})
			}
		}
		for _, item := range separator.Split(prose, -1) {
			if item := strings.Join(strings.Fields(item), " "); known[item] != nil {
				return nil, nil, fmt.Sprintf("its doc says that %s never enters, but behind the semicolon, where nothing is checked", item)
			}
		}
	}
	return signs, below, ""
}

// signs returns where packages are not what their docs say.
func (h *house) signs() (problems []string) {
	own, below := map[string][]sign{}, map[string][]sign{}
	for _, p := range h.packages {
		signs, down, problem := p.read()
		if problem != "" {
			problems = append(problems, p.path+": "+problem)
		}
		own[p.path], below[p.path] = signs, down
	}
	for at, p := range h.packages {
		signs := slices.Clone(own[at])
		for folder := path.Dir(at); folder != "."; folder = path.Dir(folder) {
			signs = append(signs, below[folder]...)
		}
		problems = append(problems, h.compare(p, signs)...)
	}
	return problems
}

// compare returns which signs do not hold, and which are missing.
func (h *house) compare(p *pkg, signs []sign) (problems []string) {
	said := map[string]bool{}
	for _, s := range signs {
		if s.but != "" && within(p.path, s.but) {
			continue
		}
		said[s.word] = true
		found, ok := h.enters(p, s.word)
		switch {
		case !ok:
			problems = append(problems, fmt.Sprintf("%s: its doc says that %q never enters, which is no word that is checked and no package; prose stands behind a semicolon (see .ci/layers)", s.from.path, s.word))
		case found != "":
			problems = append(problems, fmt.Sprintf("%s: %s never enters, says the doc of %s; it has %s", p.path, s.word, s.from.path, found))
		}
	}
	for _, word := range []string{"Beam", "Gorgonia"} {
		if found, _ := h.enters(p, word); found == "" && !said[word] {
			problems = append(problems, fmt.Sprintf("%s: it links no %s; its doc has to say that it never enters", p.path, word))
		}
	}
	return problems
}
