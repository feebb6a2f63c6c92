package fit

import "math"

// plateauEpochs is the number of epochs without a better validation loss after
// which the schedule Plateau halves the learning rate.
const plateauEpochs = 3

// rate returns the learning rate of a step, counted from 0 over all epochs.
func (c Config) rate(step, stepsPerEpoch int64, halvings int) float64 {
	switch c.Schedule {
	case Cosine:
		total := float64(stepsPerEpoch) * float64(c.Epochs)
		return c.LR * (1 + math.Cos(math.Pi*float64(step)/total)) / 2
	case Plateau:
		return math.Ldexp(c.LR, -halvings)
	}
	return c.LR
}
