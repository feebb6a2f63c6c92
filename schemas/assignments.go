package schemas

import "fmt"

// Assignment is one row of an assignments file: where an eligible image stands in one
// scope, by one center and one metric.
//
// The percentile of an image counts, of its group, the images at smaller distances, those
// at the same one that come before it, and itself: images that the user excluded come
// behind the others, and then the ids decide. So a pick has the percentile of its row in
// the table of picks, where that is one of all images of the group.
type Assignment struct {
	ImageID         string  `parquet:"image_id"`
	Scope           string  `parquet:"scope,dict"`
	GroupID         string  `parquet:"group_id,dict"`     // as in Pick
	Center          string  `parquet:"center,dict"`       // one of Centers
	Metric          string  `parquet:"metric,dict"`       // one of Metrics
	Distance        float64 `parquet:"distance"`          // to the center of the group, as Pick.Distance
	Percentile      float64 `parquet:"percentile"`        // share of the group's images that are at most this far, in percent
	NearestPick     string  `parquet:"nearest_pick,dict"` // of the same scope, center and metric, of any group; "" where there is none
	NearestDistance float64 `parquet:"nearest_distance"`  // Euclidean, in the space of the selection; NaN where there is no pick
}

// Assignments counts the rows of the assignments files of a selection.
type Assignments struct {
	Rows  int64             `json:"rows"`  // one for each image of a group, center and metric
	Files []AssignmentsInfo `json:"files"` // one for each latents file
}

// AssignmentsInfo is one assignments file.
type AssignmentsInfo struct {
	File   string `json:"file"`
	Images int64  `json:"images"` // eligible ones of the latents file, in a group or not
	Rows   int64  `json:"rows"`
}

// AssignmentsName returns the name of the assignments file of latents file i of n,
// assignments-00000-of-00100.parquet.
func AssignmentsName(i, n int) string {
	return fmt.Sprintf("%s-%05d-of-%05d.parquet", assignments, i, n)
}

const assignments = "assignments"

// IsAssignments tells the names of assignments files.
func IsAssignments(name string) bool {
	prefix, _, _, ext, ok := ParseName(name)
	return ok && prefix == assignments && ext == "parquet"
}

// validateAssignments checks that the counts of the assignments files are there where they
// are asked for, and add up to those of the scopes.
func (m *SelectionManifest) validateAssignments() error {
	a := m.Assignments
	switch {
	case a == nil && !m.Parameters.Assignments:
		return nil
	case a == nil:
		return fmt.Errorf("assignments are not counted, the parameters ask for them")
	case !m.Parameters.Assignments:
		return fmt.Errorf("assignments are counted, the parameters do not ask for them")
	}
	var images, rows, want int64
	for i, f := range a.Files {
		if name := AssignmentsName(i, len(a.Files)); f.File != name {
			return fmt.Errorf("assignments file %d is named %q, want %q", i, f.File, name)
		}
		images, rows = images+f.Images, rows+f.Rows
	}
	sets := int64(len(m.Parameters.Centers) * len(m.Parameters.Metrics))
	for _, s := range m.Scopes {
		want += s.Images * sets
	}
	return checkCounts(
		count{"eligible", m.Eligible, images},
		count{"assignments", a.Rows, rows},
		count{"rows of assignments", a.Rows, want},
	)
}
