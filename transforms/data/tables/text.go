package tables

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"

	"exemplar/model/npy"
	"exemplar/schemas"
)

// Columns returns the names of the columns of a table of picks, in order.
func Columns(picks []schemas.Pick, metadata []string) []string {
	list := slices.Concat(schemas.PickColumns, metadata)
	if schemas.Weighted(picks) {
		list = append(list, schemas.WeightColumns...)
	}
	if schemas.Ranged(picks) {
		list = append(list, schemas.ColPosition)
	}
	return list
}

// Values returns the columns of a pick in the order of schemas.PickColumns, its metadata,
// then schemas.WeightColumns where its weight is known, then its position where it has one; what is missing is nil.
func Values(p schemas.Pick) []any {
	var label, low, high any
	if p.HasLabel {
		label = p.Label
	}
	if p.RankLow > 0 {
		low, high = p.RankLow, p.RankHigh
	}
	v := []any{p.Rank, p.ImageID, p.Scope, p.GroupID, p.GroupSize, p.Center, p.Metric, p.Distance,
		p.Percentile, p.Margin, p.NextID, low, high, p.Shard, p.Record, p.Offset, p.SHA256, label}
	for _, m := range p.Metadata {
		v = append(v, m)
	}
	if !math.IsNaN(p.Weight) {
		v = append(v, p.Weight, schemas.GroupName(p.Scope, p.GroupID))
	}
	if p.Position != "" {
		v = append(v, p.Position)
	}
	return v
}

// Lines returns picks as the lines of a CSV file, names of columns first. files are the
// values of a column file_name in front, nil where there is none. Floats are the
// shortest decimals that read back as the same number.
func Lines(picks []schemas.Pick, metadata, files []string) [][]string {
	lines := [][]string{Columns(picks, metadata)}
	for _, p := range picks {
		var fields []string
		for _, v := range Values(p) {
			fields = append(fields, field(v))
		}
		lines = append(lines, fields)
	}
	if files != nil {
		for i, name := range append([]string{"file_name"}, files...) {
			lines[i] = slices.Insert(lines[i], 0, name)
		}
	}
	return lines
}

func field(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// Array is a file of the NumPy archive of a selection.
type Array struct {
	Name         string // with .npy at its end
	Type, Shape  string // as in its header
	Header, Data []byte // one after the other they are the file
}

// Arrays returns the files of the NumPy archive of the centers, in their order: under the
// name of each center ("mean") the coordinates, float64 (groups, D), and group_id,
// strings (groups,). Where there are several scopes, each name has its scope in front
// ("label/mean").
func Arrays(p *schemas.SelectionParameters, centers []schemas.Center) (list []Array) {
	add := func(name, dtype, shape string, data []byte) {
		list = append(list, Array{name + ".npy", dtype, shape, npy.AppendHeader(nil, dtype, shape), data})
	}
	scopes := p.CenterScopes()
	for _, scope := range scopes {
		prefix := ""
		if len(scopes) > 1 {
			prefix = scope + "/"
		}
		var ids []string
		for _, name := range p.CentersOf(scope) {
			var rows []byte
			d := 0
			ids = nil
			for _, c := range centers {
				if c.Scope != scope || c.Center != name {
					continue
				}
				d, ids = len(c.Embedding), append(ids, c.GroupID)
				for _, x := range c.Embedding {
					rows = binary.LittleEndian.AppendUint64(rows, math.Float64bits(x))
				}
			}
			add(prefix+name, "<f8", fmt.Sprintf("(%d, %d)", len(ids), d), rows)
		}
		text, width := codePoints(ids)
		add(prefix+"group_id", fmt.Sprintf("<U%d", width), fmt.Sprintf("(%d,)", len(ids)), text)
	}
	return list
}

// codePoints lays out strings as NumPy does: code points of equal numbers, padded with
// zeros.
func codePoints(ids []string) (text []byte, width int) {
	width = 1
	for _, id := range ids {
		width = max(width, len([]rune(id)))
	}
	for _, id := range ids {
		points := make([]rune, width)
		copy(points, []rune(id))
		for _, point := range points {
			text = binary.LittleEndian.AppendUint32(text, uint32(point))
		}
	}
	return text, width
}
