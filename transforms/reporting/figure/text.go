package figure

import (
	"fmt"
	"image"
	"image/draw"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// typeface draws text of one size.
type typeface struct {
	face   font.Face
	font   *sfnt.Font
	buffer sfnt.Buffer
}

// Sizes of text in points.
const (
	textSize   = 7
	letterSize = 10
)

// newTypeface reads one of the Go fonts, which are part of the program.
func newTypeface(ttf []byte, points float64) *typeface {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: points, DPI: DPI, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	return &typeface{face: face, font: parsed}
}

func regular() *typeface { return newTypeface(goregular.TTF, textSize) }
func bold() *typeface    { return newTypeface(gobold.TTF, letterSize) }

// printable returns the text composed (NFC), and what the font has no glyph for, or
// what is not seen, by number: [U+6838].
func (t *typeface) printable(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		i, err := t.font.GlyphIndex(&t.buffer, r)
		if err == nil && i != 0 && unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}

// width returns that of printable text in pixels.
func (t *typeface) width(s string) int { return font.MeasureString(t.face, s).Ceil() }

// cut returns printable text that is no wider than a width, with an ellipsis where
// something is missing.
func (t *typeface) cut(s string, width int) string {
	if t.width(s) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		if short := strings.TrimRight(string(runes[:n]), " ") + "…"; t.width(short) <= width {
			return short
		}
	}
	return "…"
}

// draw writes printable text with its baseline at y, in black.
func (t *typeface) draw(dst draw.Image, x, y int, s string) {
	d := font.Drawer{Dst: dst, Src: image.Black, Face: t.face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

// wrap breaks printable text at spaces into lines no wider than a width; a word that
// is wider is broken anywhere.
func (t *typeface) wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for t.width(word) > width {
			n := len([]rune(word))
			for n > 1 && t.width(string([]rune(word)[:n])) > width {
				n--
			}
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			lines = append(lines, string([]rune(word)[:n]))
			word = string([]rune(word)[n:])
		}
		switch {
		case line == "":
			line = word
		case t.width(line+" "+word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
