package schemas

import (
	"fmt"
	"slices"
	"strconv"
)

// Modes of the quality gate, the values of GateParameters.Mode.
const (
	GateAuto = "auto"
	GateOff  = "off"
)

// Reasons for which the quality gate excludes an image, in the order in which
// they are tried, and the figure that each is decided by.
const (
	ReasonConstant   = "constant"   // all pixels are equal; the value is their mean
	ReasonForeground = "foreground" // foreground_fraction is too small: next to nothing in the image
	ReasonSaturated  = "saturated"  // saturated_fraction / foreground_fraction is too large
	ReasonBorder     = "border"     // border_fraction is too large: cut by the edge of the crop
	ReasonSharpness  = "sharpness"  // sharpness * foreground_fraction / mean² is too small: out of focus
	ReasonNoise      = "noise"      // the same figure is too large: specks or noise
	ReasonMSE        = "mse"        // mse * foreground_fraction / mean² is too large: an outlier of the reconstruction
)

// GroundBright is the value of Gate.Ground for bright ground; "" is dark.
const GroundBright = "bright"

// GateBound is a threshold as a user gives it: "auto" (from the data, the zero
// value), "off", or a number.
type GateBound struct {
	Given bool // Value is the threshold
	Off   bool
	Value float64
}

// String returns auto, off or the number.
func (b GateBound) String() string {
	switch {
	case b.Off:
		return GateOff
	case b.Given:
		return strconv.FormatFloat(b.Value, 'g', -1, 64)
	}
	return GateAuto
}

// MarshalText returns String.
func (b GateBound) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (b *GateBound) UnmarshalText(text []byte) error {
	*b = GateBound{}
	switch s := string(text); s {
	case GateAuto:
	case GateOff:
		b.Off = true
	default:
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v >= 0) || v > 1e30 {
			return fmt.Errorf("%q is not auto, off or a number from 0 on", s)
		}
		b.Given, b.Value = true, v
	}
	return nil
}

// GateParameters are the choices that decide which images may be picked.
type GateParameters struct {
	Mode          string    `json:"mode"` // GateAuto or GateOff, which takes no bounds
	MinForeground GateBound `json:"min_foreground"`
	MaxSaturated  GateBound `json:"max_saturated"`
	MaxBorder     GateBound `json:"max_border"`
	MinSharpness  GateBound `json:"min_sharpness"`
	MaxSharpness  GateBound `json:"max_sharpness"`
	MaxMSE        GateBound `json:"max_mse"`
}

// GateFlag is one limit of the quality gate, as a user gives it.
type GateFlag struct {
	Name   string // of the flag, and in manifests
	Field  string // as messages name it
	Reason string
	Bound  GateBound
}

// share reports whether the figure that is limited is a part of a whole, 0 to 1.
func (f GateFlag) share() bool {
	switch f.Reason {
	case ReasonForeground, ReasonSaturated, ReasonBorder:
		return true
	}
	return false
}

// Flags are the limits, in the order in which images are judged.
func (p GateParameters) Flags() []GateFlag {
	return []GateFlag{
		{"min_foreground", "Config.MinForeground", ReasonForeground, p.MinForeground},
		{"max_saturated", "Config.MaxSaturated", ReasonSaturated, p.MaxSaturated},
		{"max_border", "Config.MaxBorder", ReasonBorder, p.MaxBorder},
		{"min_sharpness", "Config.MinSharpness", ReasonSharpness, p.MinSharpness},
		{"max_sharpness", "Config.MaxSharpness", ReasonNoise, p.MaxSharpness},
		{"max_mse", "Config.MaxMSE", ReasonMSE, p.MaxMSE},
	}
}

// Validate reports the first parameter out of range, by its field.
func (p GateParameters) Validate() error {
	if p.Mode != GateAuto && p.Mode != GateOff {
		return fmt.Errorf("Config.Gate.Mode=%s: must be auto or off", p.Mode)
	}
	if p.Mode == GateOff && p != (GateParameters{Mode: GateOff}) {
		return fmt.Errorf("Config.Gate.Mode=off: leave out the thresholds of the gate")
	}
	for _, f := range p.Flags() {
		if f.share() && f.Bound.Given && f.Bound.Value > 1 {
			return fmt.Errorf("%s=%v: must be 0 to 1, auto or off", f.Field, f.Bound)
		}
	}
	return nil
}

// Gate is the quality gate as a selection applied it.
type Gate struct {
	Mode string `json:"mode"`
	// Ground is GroundBright where the outermost ring of most images is bright: there a
	// cut cell is where the ring is dark, and ReasonBorder is judged by 1 -
	// border_fraction. A ground at full scale is no saturation: there is no limit on that.
	Ground string `json:"ground,omitempty"`
	Judged int64  `json:"judged,omitempty"` // images with quality columns that are not constant
	// Channels are those of images that are judged by the figures of each channel: all limits but
	// that of ReasonMSE are of one of them, and Ground is theirs.
	Channels []GateChannel `json:"channels,omitempty"`
	Limits   []GateLimit   `json:"limits,omitempty"`
}

// GateChannel is what is known of a channel.
type GateChannel struct {
	Channel string `json:"channel"`          // as ChannelLabels has it
	Ground  string `json:"ground,omitempty"` // as Gate.Ground, of the images in which it shows something
	// Empty counts the judged images in which it shows nothing (QCEmptyChannel). Where these are
	// more than one in twenty it is a marker, whose figures tell cells apart: only saturation is
	// judged, by a threshold from the data.
	Empty int64 `json:"empty,omitempty"`
}

// Marker reports whether the channel shows nothing in more than one of twenty of the images that
// were judged.
func (c GateChannel) Marker(judged int64) bool { return 20*c.Empty > judged }

// GateLimit is the threshold of one figure. Figures that the images do not have,
// and those that were switched off, have none.
type GateLimit struct {
	Reason    string  `json:"reason"`
	Channel   string  `json:"channel,omitempty"` // whose figure it is, of Gate.Channels; "": of the whole image
	Threshold float64 `json:"threshold"`
	Given     bool    `json:"given,omitempty"` // by a flag, and not from the data

	// Median and Quartile are those of the figure over the judged images; the
	// quartile is the lower one where too small a figure excludes.
	Median   float64 `json:"median"`
	Quartile float64 `json:"quartile"`

	// Mean of a channel bounds its mean in the images that the limit is for: those at least as bright,
	// of ReasonSharpness, or at most, of ReasonNoise; others show less, or more, than is usual. 0: all.
	Mean float64 `json:"mean,omitempty"`
}

// Below reports whether too small a figure is the reason, and not too large a one.
func (l GateLimit) Below() bool { return l.Reason == ReasonForeground || l.Reason == ReasonSharpness }

// Validate checks that the limits are known, and in order.
func (g Gate) Validate() error {
	if n := len(g.Channels); n == 1 || n > MaxChannels {
		return fmt.Errorf("quality gate: %d channels", n)
	}
	last, flags := -1, GateParameters{}.Flags()
	for _, l := range g.Limits {
		at := slices.IndexFunc(flags, func(f GateFlag) bool { return f.Reason == l.Reason })
		channel := 0
		if len(g.Channels) > 0 && l.Reason != ReasonMSE {
			channel = slices.IndexFunc(g.Channels, func(c GateChannel) bool { return c.Channel == l.Channel })
		} else if l.Channel != "" {
			channel = -1
		}
		if at < 0 || channel < 0 || at*MaxChannels+channel <= last {
			return fmt.Errorf("quality gate: limit %q of channel %q is unknown or not in order", l.Reason, l.Channel)
		}
		last = at*MaxChannels + channel
	}
	for _, ground := range append([]string{g.Ground}, g.grounds()...) {
		if ground != "" && ground != GroundBright {
			return fmt.Errorf("quality gate: the ground is %q", ground)
		}
	}
	if g.Mode != GateAuto && (g.Mode != GateOff || last >= 0) {
		return fmt.Errorf("quality gate: mode is %q with %d limits", g.Mode, len(g.Limits))
	}
	return nil
}

func (g Gate) grounds() (list []string) {
	for _, c := range g.Channels {
		list = append(list, c.Ground)
	}
	return list
}

// Bright reports whether the ground is bright of the images or, where they are judged by
// channels, of this one.
func (g Gate) Bright(channel string) bool {
	for _, c := range g.Channels {
		if c.Channel == channel {
			return c.Ground == GroundBright
		}
	}
	return g.Ground == GroundBright
}

// ReasonOf names a reason, with the channel where it is one's: saturated (channel ER).
func ReasonOf(reason, channel string) string {
	if channel == "" {
		return reason
	}
	return reason + " (channel " + channel + ")"
}
