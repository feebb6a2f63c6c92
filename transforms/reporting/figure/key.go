package figure

import (
	"image"
	"image/color"
	"image/draw"
)

// Of the key of channels, in pixels.
const (
	keyGap    = 22 // above it
	keyLine   = 40
	keySquare = 26
	keyRoom   = 36 // after a name
)

// keyed is a channel of the key: a square of its color, its name, and where they are.
type keyed struct {
	name    string
	color   color.RGBA
	x, line int
}

// key lays the key of the channels out that images are the sum of, in lines as wide as the figure;
// gray and RGB images have none.
func (d *drawing) key() (list []keyed) {
	x, line, right := margin, 0, d.layout.width-margin
	for _, c := range d.c.View.Together() {
		name := d.regular.cut(d.regular.printable(c.Name), right-margin-keySquare-10)
		width := keySquare + 10 + d.regular.width(name)
		if x > margin && x+width > right {
			x, line = margin, line+1
		}
		list = append(list, keyed{name, c.Color, x, line})
		x += width + keyRoom
	}
	return list
}

// keyHeight returns that of a key, 0 where there is none.
func keyHeight(list []keyed) int {
	if len(list) == 0 {
		return 0
	}
	return keyGap + (list[len(list)-1].line+1)*keyLine
}

// drawKey draws the key below y. A black line around each square shows a white one.
func (d *drawing) drawKey(list []keyed, y int) {
	for _, k := range list {
		at := image.Pt(k.x, y+keyGap+k.line*keyLine+(keyLine-keySquare)/2)
		square := image.Rectangle{at, at.Add(image.Pt(keySquare, keySquare))}
		draw.Draw(d.dst, square, image.Black, image.Point{}, draw.Src)
		draw.Draw(d.dst, square.Inset(2), image.NewUniform(k.color), image.Point{}, draw.Src)
		d.regular.draw(d.dst, k.x+keySquare+10, at.Y+keySquare-2, k.name)
	}
}
