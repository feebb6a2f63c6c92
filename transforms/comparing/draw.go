package comparing

import (
	"fmt"
	"strconv"

	"exemplar/schemas"
	"exemplar/transforms/training/pictures"
)

// mostCorners is about the number of points of an ROC that are drawn.
const mostCorners = 4000

// draw makes the pictures.
func (p *plan) draw() (err error) {
	if p.files[schemas.RatePicture], err = p.rateGraph().Draw(); err != nil || p.anomaly == nil {
		return err
	}
	p.files[schemas.ROCPicture], err = p.rocGraph().Draw()
	return err
}

// rateGraph shows the errors of all methods by their rates: curves of the codecs and of
// components, and a mark for each model.
func (p *plan) rateGraph() pictures.Graph {
	g := pictures.Graph{X: "bits per pixel", Y: "mean squared error", Log: true}
	names := map[string]string{schemas.MethodJPEG: "JPEG, scan alone", schemas.MethodDCT: "DCT, values alone", schemas.MethodDCTPositions: "DCT, values and positions"}
	at := map[[2]string]int{}
	var models []pictures.Curve
	for _, r := range p.rates {
		xy := [2]float64{r.Bits, r.MSE}
		if r.Method == schemas.MethodModel {
			models = append(models, pictures.Curve{Name: r.Model, XY: [][2]float64{xy}, Mark: true})
			continue
		}
		key := [2]string{r.Method, r.Model}
		i, ok := at[key]
		if !ok {
			name := names[r.Method]
			if r.Method == schemas.MethodPCA {
				name = r.Model + ", first components"
			}
			i = len(g.Curves)
			at[key] = i
			g.Curves = append(g.Curves, pictures.Curve{Name: name, Line: true, Mark: true})
		}
		g.Curves[i].XY = append(g.Curves[i].XY, xy)
	}
	g.Curves = append(g.Curves, models...)
	return g
}

// rocGraph shows the ROC of each model.
func (p *plan) rocGraph() pictures.Graph {
	g := pictures.Graph{X: "false positive rate", Y: "true positive rate", Unit: true, Footnote: "anomalies: " + p.manifest.Parameters.Anomalies}
	for i, r := range p.rocs {
		c := pictures.Curve{Name: fmt.Sprintf("%s: AUROC %s", p.models[i].Folder, strconv.FormatFloat(r.auc, 'f', 3, 64)), Line: true}
		every := max(1, len(r.corners)/mostCorners)
		for k, at := range r.corners {
			if k%every == 0 || k == len(r.corners)-1 {
				c.XY = append(c.XY, [2]float64{float64(at.falses) / float64(r.negatives), float64(at.all) / float64(r.positives)})
			}
		}
		g.Curves = append(g.Curves, c)
	}
	return g
}
