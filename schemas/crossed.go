package schemas

import (
	"slices"
	"strings"
)

// Cross stands between the columns of a scope that crosses them: a group of
// Metadata_drug*Metadata_run is the images of one drug in one run, and one of
// cluster*Metadata_drug the images of one drug in one cluster.
const Cross = "*"

// Crossed returns the columns that a scope crosses, ScopeCluster among them where it is one,
// nil where it is one column.
func Crossed(scope string) []string {
	if !strings.Contains(scope, Cross) {
		return nil
	}
	return strings.Split(scope, Cross)
}

// CrossesClusters reports whether a scope crosses clusters with columns.
func CrossesClusters(scope string) bool { return slices.Contains(Crossed(scope), ScopeCluster) }

// ColumnOf returns the column by whose values a scope divides images, which may cross several:
// "" for the global scope and for clusters, and what clusters are crossed with.
func ColumnOf(scope string) string {
	switch {
	case scope == ScopeGlobal || scope == ScopeCluster:
		return ""
	case CrossesClusters(scope):
		return strings.Join(slices.DeleteFunc(Crossed(scope), func(c string) bool { return c == ScopeCluster }), Cross)
	}
	return scope
}

// Divides reports whether a scope divides images by the values of a column, alone or crossed.
func Divides(scope, column string) bool {
	return column != "" && (ColumnOf(scope) == column || column != ScopeCluster && slices.Contains(Crossed(scope), column))
}

// ColumnsOf returns the columns of scopes, each once.
func ColumnsOf(scopes []string) (columns []string) {
	for _, scope := range scopes {
		if c := ColumnOf(scope); c != "" && !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	return columns
}

// CrossedColumns returns those of the columns of scopes that cross several, which no latents hold.
func CrossedColumns(scopes []string) []string {
	return slices.DeleteFunc(ColumnsOf(scopes), func(c string) bool { return Crossed(c) == nil })
}

// crosses reports whether a scope crosses columns, or clusters with columns, each once.
func crosses(scope string) bool {
	seen := map[string]bool{}
	for _, column := range Crossed(scope) {
		if seen[column] || column != ColLabel && column != ScopeCluster && !metadataColumn.MatchString(column) {
			return false
		}
		seen[column] = true
	}
	return len(seen) > 1
}

// escaped keeps values apart in CrossedValue.
var escaped = strings.NewReplacer(`\`, `\\`, `+`, `\+`)

// CrossedValue returns the name of a group by its values in the crossed columns: taxol+run2.
func CrossedValue(values []string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = escaped.Replace(v)
	}
	return strings.Join(parts, "+")
}

// CrossedGroup returns the name of the group of a scope that crosses clusters, by the name of the
// cluster and the value of ColumnOf the scope: c00+taxol, or taxol+c00 where the cluster is last.
func CrossedGroup(scope, cluster, value string) string {
	columns := Crossed(scope)
	parts := []string{escaped.Replace(value)}
	if len(columns) > 2 {
		parts = splitCrossed(value)
	}
	return strings.Join(slices.Insert(parts, slices.Index(columns, ScopeCluster), GroupName(ScopeCluster, cluster)), "+")
}

// splitCrossed returns the parts of a CrossedValue, escaped as they are there.
func splitCrossed(value string) (parts []string) {
	from := 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++ // what follows is part of a value
		case '+':
			parts = append(parts, value[from:i])
			from = i + 1
		}
	}
	return append(parts, value[from:])
}

// OfNaN reports whether a group of a scope is of the text NaN, which counts as no value (see
// Missing), or a value of a column, ColumnOf the scope, is. An empty text is not. Only selections of earlier versions, and those that
// extend them, have such groups.
func OfNaN(scope, group string) bool {
	columns := Crossed(scope)
	switch {
	case ColumnOf(scope) == "":
		return false
	case columns == nil:
		return isNaN(group)
	}
	for i, part := range splitCrossed(group) {
		if (i >= len(columns) || columns[i] != ScopeCluster) && isNaN(part) {
			return true
		}
	}
	return false
}

// ShortColumn returns the name of a column, or of crossed ones, without Metadata_.
func ShortColumn(name string) string {
	parts := strings.Split(name, Cross)
	for i, p := range parts {
		parts[i] = strings.TrimPrefix(p, MetadataPrefix)
	}
	return strings.Join(parts, Cross)
}

// ScopeFolder returns the folder of a scope below ImagesDir: not every file system takes Cross.
func ScopeFolder(scope string) string { return strings.ReplaceAll(scope, Cross, "_x_") }
