package reporting

import "exemplar/schemas"

// criticisms returns the images that the picks represent worst, of all sets.
func (in *inputs) criticisms() (list []schemas.Criticism) {
	if in.selection.Grade == nil {
		return nil
	}
	for _, s := range in.selection.Grade.Sets {
		list = append(list, s.Criticisms...)
	}
	return list
}

// listCriticisms lists them with their pictures, for each set of the grade.
func (g *gatherer) listCriticisms() {
	g.report.Criticisms = [][]Example{}
	if g.selection.Grade == nil {
		return
	}
	for _, s := range g.selection.Grade.Sets {
		of := []Example{}
		for _, c := range s.Criticisms {
			of = append(of, Example{ImageID: c.ImageID, Value: c.Witness, Picture: g.gallery.of(c.ImageID)})
		}
		g.report.Criticisms = append(g.report.Criticisms, of)
	}
}
