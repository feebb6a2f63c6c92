package fit

import "fmt"

// What the guard takes for a rising loss.
const (
	guardStart  = 10      // steps whose mean loss is the loss at the start
	guardWarmUp = 200     // steps before a loss above that at the start counts
	guardMemory = 1. / 50 // weight of the newest step in the smoothed loss
	guardFactor = 2       // how far above the start, or above the best epoch, is too far
	guardEpochs = 3       // epochs in a row so far above the best
	guardStill  = 100     // steps in a row with a gradient of zero
	negligible  = 0.1     // cross-entropy of classes, in nats, below which twice as much says nothing
)

// guard notices a run that learns nothing any more: a loss or gradient that is
// not finite; a gradient that stays zero, of units that are all saturated; after
// warm-up, a smoothed loss above twice that of the first steps;
// a training loss above twice that of the best epoch for three epochs in a row.
type guard struct {
	Steps  int64   `json:"steps"`
	Start  float64 `json:"start"`  // mean loss of the first guardStart steps
	Smooth float64 `json:"smooth"` // exponentially smoothed loss since then
	High   int     `json:"high"`   // epochs in a row far above the best
	Still  int     `json:"still"`  // steps in a row without a gradient
}

// step takes the losses of one step and returns why to stop, or nothing.
func (g *guard) step(l Losses) string {
	if !finite(l.Loss, l.MSE, l.GradNorm) {
		return fmt.Sprintf("the loss is %g and the norm of its gradient %g", l.Loss, l.GradNorm)
	}
	if g.Still++; l.GradNorm > 0 || l.Loss == 0 {
		g.Still = 0
	}
	if g.Still == guardStill {
		return fmt.Sprintf("the gradient was zero for %d steps, at a loss of %.3g: no weight changes any more", g.Still, l.Loss)
	}
	if g.Steps++; g.Steps <= guardStart {
		g.Start += l.Loss / guardStart
		g.Smooth = g.Start
		return ""
	}
	g.Smooth += float64(guardMemory * (l.Loss - g.Smooth))
	if g.Steps > guardWarmUp && g.Smooth > guardFactor*g.Start {
		return fmt.Sprintf("the loss rose to %.3g, from %.3g at the start", g.Smooth, g.Start)
	}
	return ""
}

// epoch takes the training loss of an epoch and that of the best one before it.
func (g *guard) epoch(loss, best float64) string {
	if loss <= guardFactor*best {
		g.High = 0
		return ""
	}
	if g.High++; g.High < guardEpochs {
		return ""
	}
	return fmt.Sprintf("the training loss was above twice its best, %.3g, for %d epochs: %.3g in the last", best, g.High, loss)
}
