package images

import (
	"path"
	"strings"
)

// order finds the page of each plane.
func (px *omePixels) order(s *description, pages int, file string) error {
	dims := map[byte]int{'C': s.channels, 'Z': s.z, 'T': s.t}
	name := px.Order
	if name == "" {
		name = "XYCZT"
	}
	if len(name) != 5 || !strings.HasPrefix(name, "XY") || strings.Trim(name[2:], "CZT") != "" || name[2] == name[3] || name[3] == name[4] || name[2] == name[4] {
		return corrupt("its OME-XML says the order %q of dimensions, which does not exist", name)
	}
	linear := func(at map[byte]int) int {
		return at[name[2]] + dims[name[2]]*(at[name[3]]+dims[name[3]]*at[name[4]])
	}
	n := s.count()
	found := make([]int, n) // the page of each plane, in the order of the dimensions, from 1
	ours, others := px.ours(file)
	next := 0
	for _, d := range ours {
		first := linear(map[byte]int{'C': d.FirstC, 'Z': d.FirstZ, 'T': d.FirstT})
		if d.FirstC < 0 || d.FirstZ < 0 || d.FirstT < 0 || d.FirstC >= s.channels || d.FirstZ >= s.z || d.FirstT >= s.t {
			return corrupt("its OME-XML has a plane for C %d, Z %d, T %d, which its sizes do not have", d.FirstC, d.FirstZ, d.FirstT)
		}
		page, count := next, 1
		if d.IFD != nil {
			page = *d.IFD
		}
		switch {
		case d.Count != nil:
			count = *d.Count
		case d.IFD == nil && d.UUID == nil: // all that follow
			count = n - first
		}
		if page < 0 || count < 0 || count > n-first {
			return corrupt("its OME-XML has %d planes from page %d on for C %d, Z %d, T %d, which do not fit its sizes", count, page+1, d.FirstC, d.FirstZ, d.FirstT)
		}
		for i := range count {
			found[first+i] = page + i + 1
		}
		next = page + count
	}
	if len(px.Data) == 0 {
		for i := range found {
			found[i] = i + 1
		}
	}
	if page := twice(found); page > 0 {
		return corrupt("its OME-XML says that page %d is several planes", page)
	}
	s.at = func(c, z, t int) int { return found[linear(map[byte]int{'C': c, 'Z': z, 'T': t})] - 1 }
	return px.set(s, found, others, pages)
}

// twice returns a page, from 1, that is there for more than one plane; 0 where none is.
func twice(found []int) int {
	seen := map[int]bool{}
	for _, page := range found {
		if page > 0 && seen[page] {
			return page
		}
		seen[page] = true
	}
	return 0
}

// ours returns the parts of the image that lie in this file, and the names of the other files.
func (px *omePixels) ours(file string) (ours []omeData, others []string) {
	for _, d := range px.Data {
		if d.UUID != nil && d.UUID.File != "" && path.Base(d.UUID.File) != file {
			others = append(others, d.UUID.File)
			continue
		}
		ours = append(ours, d)
	}
	return ours, others
}

// set settles a file that is one of a set: where it holds one plane it is an image by itself.
func (px *omePixels) set(s *description, found []int, others []string, pages int) error {
	if len(others) == 0 {
		return nil
	}
	here := 0
	for _, page := range found {
		here += b2i(page > 0)
	}
	if here <= 1 && pages == 1 {
		s.channels, s.z, s.t, s.at, s.facts.Channels = 1, 1, 1, nil, nil
		return nil
	}
	if here < len(found) {
		return unsupported("its OME-XML says that other planes of the image lie in other files, as %s: save the image in one file, or join files of one channel each with --channel_pattern", others[0])
	}
	return nil
}
