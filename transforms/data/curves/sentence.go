package curves

import (
	"fmt"
	"math"

	"exemplar/schemas/words"
)

// Enough returns the first moment from which on no skill is lower than that at the end by more than
// one standard error of the difference; the last moment where there is none, and -1 where the skill at
// the end is not known.
//
// It is the rule of one standard error (Breiman, Friedman, Olshen and Stone, "Classification and
// Regression Trees", 1984): of models whose errors a cross-validation does not tell apart, the one
// that costs least.
func Enough(rows []Row) int {
	last := len(rows) - 1
	if last < 0 || math.IsNaN(rows[last].Skill) {
		return -1
	}
	at := last
	for at > 0 && rows[at-1].within() {
		at--
	}
	return at
}

// within reports whether the skill is no more than one standard error below that at the end.
func (r *Row) within() bool { return r.Change <= r.ChangeError }

// Sentence says where more training no longer gives better picks, by Enough.
func Sentence(rows []Row) string {
	at, last := Enough(rows), len(rows)-1
	const rule = "one standard error of the difference"
	switch {
	case at < 0:
		return "How much training is enough for the picks cannot be told: at the end the latents are no numbers to pick by."
	case last == 0:
		return "How much training is enough for the picks cannot be told from one moment alone."
	case at == last:
		before := &rows[last-1]
		if math.IsNaN(before.Change) {
			return "How much training is enough for the picks cannot be told: before the end the latents are no numbers to pick by."
		}
		return fmt.Sprintf("The picks still got better behind %s: their skill rose by %s, more than %s (%s), to %s; more training may give better picks.",
			before.place(), words.Figure(before.Change, 2), rule, words.Figure(before.ChangeError, 2), rows[last].Text())
	}
	from, end := &rows[at], &rows[last]
	text := fmt.Sprintf("From %s on the skill of the picks is no more than %s below that at the end: it is %s there and %s at the end",
		from.place(), rule, from.Text(), end.Text())
	if v, w := from.MSE, end.MSE; v > 0 && w > 0 {
		text += fmt.Sprintf(", and the validation error goes from %.3g to %.3g", v, w)
	}
	return text + ". More training than that did not give better picks."
}

// Text is a skill with its standard error.
func (r *Row) Text() string {
	if math.IsNaN(r.Skill) {
		return "not known, since the latents are no numbers to pick by"
	}
	return fmt.Sprintf("%.3f (standard error %s)", r.Skill, words.Figure(r.Error, 2))
}

// place names a moment.
func (r *Row) place() string {
	return fmt.Sprintf("%s of the run (%s seen, %s)", Percent(r.Share), words.Count(r.Images), epochs(r.Epochs))
}

// epochs is a number of passes.
func epochs(n float64) string {
	text := words.Figure(n, 2)
	return text + " " + words.Noun(map[bool]int{true: 1}[text == "1"], "epoch", "epochs")
}

// Percent is a share as the table for people has it.
func Percent(share float64) string { return words.Percent(share, 2) }
