package schemas

import "strings"

// Cross stands between the columns of a scope that crosses them: a group of
// Metadata_drug*Metadata_run is the images of one drug in one run.
const Cross = "*"

// Crossed returns the columns that a scope crosses, nil where it is one column.
func Crossed(scope string) []string {
	if !strings.Contains(scope, Cross) {
		return nil
	}
	return strings.Split(scope, Cross)
}

// crosses reports whether a scope crosses columns, each once.
func crosses(scope string) bool {
	seen := map[string]bool{}
	for _, column := range Crossed(scope) {
		if seen[column] || column != ColLabel && !metadataColumn.MatchString(column) {
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
