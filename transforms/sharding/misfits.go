package sharding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
)

// misfits counts images that have another size or depth than the collection.
type misfits struct {
	fit        images.Fit
	sample     bool // others were not looked at
	sizes      int
	minH, minW int
	maxH, maxW int
	depths     map[string]int
}

func (m *misfits) size(h, w, n int) {
	if m.sizes == 0 {
		m.minH, m.minW = h, w
	}
	m.sizes += n
	if h*w < m.minH*m.minW || h*w == m.minH*m.minW && h < m.minH {
		m.minH, m.minW = h, w
	}
	m.maxH, m.maxW = max(m.maxH, h), max(m.maxW, w)
}

func (m *misfits) depth(is, collection schemas.ImageShape, n int) {
	var kind string
	switch {
	case is.Channels != collection.Channels && is.Channels == 1:
		kind = "gray"
	case is.Channels != collection.Channels && is.Channels != 3:
		kind = fmt.Sprintf("of %d channels", is.Channels)
	case is.Channels != collection.Channels:
		kind = "RGB"
	default:
		kind = fmt.Sprintf("of %d bits", is.Bits)
	}
	m.kind(kind, n)
}

func (m *misfits) kind(kind string, n int) {
	if m.depths == nil {
		m.depths = map[string]int{}
	}
	m.depths[kind] += n
}

// misfitsOf counts the rows of images that were rejected for size or depth, by what
// their details say: those of package images, in any version.
func misfitsOf(rows []schemas.ErrorRow, fit images.Fit) *misfits {
	m := &misfits{fit: fit}
	for _, row := range rows {
		var h, w, bits, channels int
		switch row.Reason {
		case schemas.ReasonWrongSize:
			if n, _ := fmt.Sscanf(row.Detail, "the image is %dx%d", &h, &w); n == 2 {
				m.size(h, w, 1)
			}
		case schemas.ReasonWrongDepth:
			switch n, _ := fmt.Sscanf(row.Detail, "the image has %d bits", &bits); {
			case n == 1:
				m.kind(fmt.Sprintf("of %d bits", bits), 1)
			case strings.HasPrefix(row.Detail, "the image is gr"):
				m.kind("gray", 1)
			case strings.HasPrefix(row.Detail, "the image is one of "):
				fmt.Sscanf(row.Detail, "the image is one of %d", &channels)
				m.kind(fmt.Sprintf("of %d channels", channels), 1)
			case strings.HasPrefix(row.Detail, "the channels have"):
				m.kind("that differs between their channels", 1)
			default:
				m.kind("RGB", 1)
			}
		case schemas.ReasonWrongChannels:
			m.kind(otherChannels, 1)
		}
	}
	return m
}

// otherChannels is the kind of images of other channels than the collection.
const otherChannels = "of other channels"

func (m *misfits) total() (n int) {
	n = m.sizes
	for _, of := range m.depths {
		n += of
	}
	return n
}

// lines say which there are and which flags keep them.
func (m *misfits) lines() (lines []string) {
	if m.sizes > 0 {
		lines = append(lines, m.sizeLine())
	}
	if len(m.depths) > 0 {
		kinds := slices.SortedFunc(maps.Keys(m.depths), func(a, b string) int {
			return cmp.Or(cmp.Compare(m.depths[b], m.depths[a]), cmp.Compare(a, b))
		})
		for i, kind := range kinds {
			kinds[i] = words.Count(m.depths[kind]) + " " + kind
		}
		what := "another depth"
		if n := m.depths[otherChannels]; n > 0 && len(kinds) == 1 {
			what, kinds[0] = "other channels", words.Count(n)
		} else if n > 0 {
			what = "another depth or other channels"
		}
		line := fmt.Sprintf(what+": %s, where the collection is %s", strings.Join(kinds, ", "), depthOf(m.fit))
		if m.depths["of 16 bits"]+m.depths["of 8 bits"] > 0 {
			line += ": Config.Bits=8 brings all to 8 bits"
		}
		lines = append(lines, line)
	}
	return lines
}

func depthOf(fit images.Fit) string {
	s := fit.Shape
	switch {
	case fit.Channels.Of != nil:
		return fmt.Sprintf("%s of %d bits", words.Plural(s.Channels, "channel", "channels"), s.Bits)
	case s.Channels == 1:
		return fmt.Sprintf("gray of %d bits", s.Bits)
	}
	return fmt.Sprintf("RGB of %d bits", s.Bits)
}

func (m *misfits) sizeLine() string {
	verb := "has another size"
	if m.sizes > 1 {
		verb = "have other sizes"
	}
	remedy := fmt.Sprintf("Config.Fit=pad Config.Size=%dx%d keeps %s", upTo4(max(m.maxH, m.fit.Shape.Height)), upTo4(max(m.maxW, m.fit.Shape.Width)), words.Noun(m.sizes, "it", "them"))
	if m.sample {
		remedy = "Config.Fit=pad Config.SizeRule=largest keeps all"
	}
	return fmt.Sprintf("%s %s, %s, than %dx%d (height x width): %s, in black; Config.Fit=resize changes %s scale",
		words.Count(m.sizes), verb, m.span(), m.fit.Shape.Height, m.fit.Shape.Width, remedy, words.Noun(m.sizes, "its", "their"))
}

// span says between which sizes the images are, as 18x18 to 59x59.
func (m *misfits) span() string {
	sizes := fmt.Sprintf("%dx%d", m.minH, m.minW)
	if m.maxH != m.minH || m.maxW != m.minW {
		sizes += fmt.Sprintf(" to %dx%d", m.maxH, m.maxW)
	}
	return sizes
}

// upTo4 rounds up to a multiple of 4, which every architecture takes.
func upTo4(n int) int { return (n + 3) / 4 * 4 }

// refusal is the error of a collection most of which would be left out although
// nobody chose its shape; nil where that is not so.
func (m *misfits) refusal(of int, shape string) error {
	if 2*m.total() <= of {
		return nil
	}
	looked := ""
	if m.sample {
		looked = " that were looked at"
	}
	meant := fmt.Sprintf("; Config.Size=%dx%d says that this is meant", m.fit.Shape.Height, m.fit.Shape.Width)
	if m.total() == of {
		meant = "" // nothing would be left
	}
	return fmt.Errorf("%s of %s%s %s not have %s, %s, and would be left out: %s%s",
		words.Count(m.total()), words.Plural(of, "image", "images"), looked, words.Noun(m.total(), "does", "do"), shape, m.fit.Shape, strings.Join(m.lines(), "; "), meant)
}
