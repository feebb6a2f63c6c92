package selectcmd

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/progress"
)

// gateFlags adds the flags of the quality gate.
func gateFlags(fs *flag.FlagSet, p *schemas.GateParameters) {
	fs.StringVar(&p.Mode, "gate", p.Mode, "`auto|off`: the quality gate: auto (thresholds from the data, each may be given below) or off")
	bound := func(b *schemas.GateBound, name, usage string) {
		fs.TextVar(b, name, *b, usage+": a number, auto or off")
	}
	bound(&p.MinForeground, "min_foreground", "smallest `share` of pixels above zero of an image that may be picked")
	bound(&p.MaxSaturated, "max_saturated", "largest `share` of these pixels at full scale")
	bound(&p.MaxBorder, "max_border", "largest `share` of the outermost ring of pixels that is bright, where a cell is cut by the edge")
	bound(&p.MinSharpness, "min_sharpness", "smallest `sharpness` * foreground_fraction / mean²: less is out of focus")
	bound(&p.MaxSharpness, "max_sharpness", "largest `sharpness` * foreground_fraction / mean²: more is noise")
	bound(&p.MaxMSE, "max_mse", "largest `mse` * foreground_fraction / mean²: more is an outlier of the reconstruction")
}

// summarizeWhere prints which images the selection is of, and how they were compared.
func summarizeWhere(out io.Writer, m *schemas.SelectionManifest) {
	if c := m.Parameters.Where; len(c) > 0 {
		fmt.Fprintf(out, "where %s: %s of %s (%s)\n", c, progress.Count(m.Inside()), words.Plural(m.Rows, "image", "images"), c.Types())
	}
}

// summarizeGate prints how many images are left, and the others by reason.
func summarizeGate(out io.Writer, m *schemas.SelectionManifest) {
	all, outside := ", all eligible", ""
	if m.Outside > 0 {
		outside = fmt.Sprintf(" + %s outside --where", progress.Count(m.Outside))
		all = fmt.Sprintf(" = %s eligible%s", progress.Count(m.Eligible), outside)
	}
	if m.Gate.Mode == schemas.GateOff {
		fmt.Fprintf(out, "%s%s: the quality gate is off\n", words.Plural(m.Rows, "image", "images"), all)
		return
	}
	if m.Gate.Judged == 0 && m.Excluded == 0 {
		fmt.Fprintf(out, "%s%s: without quality columns the quality gate has nothing to judge\n", words.Plural(m.Rows, "vector", "vectors"), all)
		return
	}
	fmt.Fprintf(out, "%s = %s eligible + %s excluded by the quality gate%s\n",
		words.Plural(m.Rows, "image", "images"), progress.Count(m.Eligible), progress.Count(m.Excluded), outside)
	type of struct{ reason, channel string }
	excluded := map[of]int64{}
	for _, e := range m.ExcludedByReason() {
		excluded[of{e.Reason, e.Channel}] = e.Images
	}
	if n := excluded[of{schemas.ReasonConstant, ""}]; n > 0 {
		fmt.Fprintf(out, "  all pixels equal: %s\n", progress.Count(n))
	}
	summarizeChannels(out, &m.Gate)
	for _, l := range m.Gate.Limits {
		if n := excluded[of{l.Reason, l.Channel}]; n > 0 {
			fmt.Fprintf(out, "  %s: %s\n", describe(l, m.Gate.Bright(l.Channel)), progress.Count(n))
		}
	}
}

// summarizeChannels prints what is particular about the ground of the images, and the channels of which
// only saturation is judged.
func summarizeChannels(out io.Writer, g *schemas.Gate) {
	const rule = "a cell is cut where the edge of the image is dark, and a ground at full scale is not judged as saturation"
	if g.Ground == schemas.GroundBright {
		fmt.Fprintf(out, "  the ground of most images is bright: %s\n", rule)
	}
	var bright []string
	for _, c := range g.Channels {
		if c.Ground == schemas.GroundBright {
			bright = append(bright, c.Channel)
		}
		if c.Marker(g.Judged) {
			fmt.Fprintf(out, "  channel %s shows nothing in %s of %s: only its saturation is judged\n", c.Channel, progress.Count(c.Empty), words.Plural(g.Judged, "image", "images"))
		}
	}
	if len(bright) > 0 {
		fmt.Fprintf(out, "  the ground of most images is bright in channel %s: %s\n", words.And(bright), rule)
	}
}

// describe says what images miss a threshold.
func describe(l schemas.GateLimit, bright bool) string {
	text := describeFigure(l, bright)
	if l.Channel == "" {
		return text
	}
	kind, rest, _ := strings.Cut(text, ",")
	return schemas.ReasonOf(kind, l.Channel) + "," + rest
}

func describeFigure(l schemas.GateLimit, bright bool) string {
	percent := 100 * l.Threshold
	switch l.Reason {
	case schemas.ReasonForeground:
		return fmt.Sprintf("blank, fewer than %g %% of the pixels above zero", percent)
	case schemas.ReasonSaturated:
		return fmt.Sprintf("saturated, more than %g %% of these at full scale", percent)
	case schemas.ReasonBorder:
		if bright {
			return fmt.Sprintf("cut, more than %g %% of the outermost ring dark", percent)
		}
		return fmt.Sprintf("cut, more than %g %% of the outermost ring bright", percent)
	case schemas.ReasonSharpness:
		return fmt.Sprintf("out of focus, sharpness below %g", l.Threshold)
	case schemas.ReasonNoise:
		return fmt.Sprintf("noise, sharpness above %g", l.Threshold)
	default:
		return fmt.Sprintf("badly reconstructed, error above %g", l.Threshold)
	}
}
