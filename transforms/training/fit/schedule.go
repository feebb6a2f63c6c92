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
		if c.Steps > 0 {
			total = float64(c.Steps)
		}
		return c.LR * (1 + cosine(float64(math.Pi*float64(step))/total)) / 2
	case Plateau:
		return math.Ldexp(c.LR, -halvings)
	}
	return c.LR
}

// cosine is the cosine for x of 0 to pi, by its Taylor series: the standard
// library's differs in the last bits between processors.
func cosine(x float64) float64 {
	sum, term := 1.0, 1.0
	for n := 2.0; n < 32; n += 2 { // pi^32/32! is below 1e-19
		term = -float64(term*float64(x*x)) / (n * (n - 1))
		sum += term
	}
	return sum
}
