package training

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/store"
)

// archDense is the architecture of dense layers that Config.Widths and Config.Latent say,
// for the columns of a table.
const archDense = "dense"

// denseName is an architecture whose name says all of it: the columns of a table, the units
// of the inner layers, and the dimensions of the latent vector.
var denseName = regexp.MustCompile(`^dense(-[1-9][0-9]{0,6}){2,}$`)

// architectureOfRows returns the architecture for rows of so many columns: that of a name
// such as dense-100-32-2, archDense, a dense preset or a JSON file for so many numbers,
// changed as asked for.
func (c Config) architectureOfRows(ctx context.Context, columns int) (model.Arch, error) {
	a, output, err := c.dense(ctx)
	if err != nil {
		return a, err
	}
	if a.Family == model.FamilyConv {
		return a, fmt.Errorf("Config.Arch=%s is convolutional, and the columns of a table have no neighbors: choose a dense architecture, such as %s", c.Arch, suggested(columns))
	}
	if n := a.Input.Values(); a.Input.Height > 0 && n != columns {
		return a, fmt.Errorf("Config.Arch=%s takes %s, and %s has %s: choose an architecture for them, such as %s, or Config.Arch=%s with Config.Widths and Config.Latent",
			c.Arch, words.Plural(n, "number", "numbers"), c.Shards, words.Plural(columns, "column", "columns"), suggested(columns), archDense)
	}
	a.Name, a.Input = "", model.RowInput(columns, c.Table.Scaling)
	usual := model.ActLinear
	if a.Input.Scale == model.ScaleUnit {
		usual = model.ActSigmoid
	}
	a.Activations.Output = cmp.Or(output, usual)
	if a.Latent == 0 && c.Latent == 0 {
		return a, fmt.Errorf("Config.Arch=%s: Config.Latent is missing: give the dimensions of a latent vector", c.Arch)
	}
	return c.Change.apply(a, c.Latent)
}

// suggested is an architecture for so many columns.
func suggested(columns int) string { return fmt.Sprintf("dense-%d-32-2", columns) }

// dense returns the architecture that Config.Arch names, and the output activation where it
// says one: that of others follows from the scale. An input that is not known has no height.
func (c Config) dense(ctx context.Context) (a model.Arch, output string, err error) {
	usual := model.Activations{Hidden: model.ActReLU, Latent: model.ActLinear, Expand: model.ActLinear}
	preset, unknown := model.Preset(c.Arch)
	switch {
	case unknown == nil:
		return preset, "", nil
	case c.Arch == archDense:
		return model.Arch{Family: model.FamilyDense, Activations: usual}, "", nil
	case denseName.MatchString(c.Arch):
		var n []int
		for _, text := range strings.Split(c.Arch, "-")[1:] {
			k, _ := strconv.Atoi(text) // digits
			n = append(n, k)
		}
		last := len(n) - 1
		return model.Arch{Family: model.FamilyDense, Input: model.Input{Height: 1, Width: n[0], Channels: 1}, Widths: n[1:last], Latent: n[last], Activations: usual}, "", nil
	}
	data, err := store.ReadFileLimit(ctx, c.Arch, maxArch)
	if errors.Is(err, fs.ErrNotExist) {
		return a, "", fmt.Errorf("Config.Arch=%s is no architecture for a table: must be %s, %s with Config.Widths and Config.Latent, one like dense-100-32-2 (columns, units of the inner layers, dimensions), or a JSON file",
			c.Arch, ArchLinear, archDense)
	}
	if err == nil {
		a, err = model.ParseArch(data)
	}
	if err != nil {
		return a, "", fmt.Errorf("%s: %w", c.Arch, err)
	}
	var said struct {
		Activations model.Activations `json:"activations"`
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return a, "", fmt.Errorf("%s: %w", c.Arch, schemas.JSONError(err))
	}
	if a.Family == model.FamilyLinear {
		return a, "", fmt.Errorf("%s: family linear is trained by Config.Arch=%s", c.Arch, ArchLinear)
	}
	return a, said.Activations.Output, nil
}
