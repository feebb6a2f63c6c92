package composite

import (
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/visible"
)

// Text says in a line how pictures show channels, full being their full scale.
func Text(channels []schemas.ShownChannel, full float64) string {
	var parts []string
	for _, c := range channels {
		text := fmt.Sprintf("%s %s from %g to %g", c.Name, c.Color, c.Low, c.High)
		if c.Color == "" {
			text = fmt.Sprintf("%s in gray alone, from %g to %g", c.Name, c.Low, c.High)
		}
		parts = append(parts, visible.Text(text))
	}
	return fmt.Sprintf("%s, of %g", strings.Join(parts, ", "), full)
}
