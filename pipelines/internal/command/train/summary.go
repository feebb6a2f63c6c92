package train

import (
	"fmt"
	"io"
	"strings"
	"time"

	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/training"
)

// summarize prints how good the model is and what it cost.
func summarize(out io.Writer, r *training.Result, c training.Config, took time.Duration) {
	took = took.Round(10 * time.Millisecond)
	switch {
	case !r.Made:
		fmt.Fprintf(out, "Nothing to do: %s already holds the model of these %s%s.\n", c.Output, map[bool]string{false: "shards", true: "rows"}[c.Table != nil], r.Beyond())
		if c.Summary {
			fmt.Fprint(out, r.Arch.Summary(true))
		}
	case r.Linear != nil:
		summarizeLinear(out, r.Linear, c.Table != nil, took)
	default:
		summarizeFit(out, r, c.Table != nil, took)
	}
	if r.Training != nil {
		l := schemas.LearnedOf(r.Training.Metrics)
		w := l.Warning()
		if c.Table != nil {
			w = l.WarningOfRows()
		}
		if w != "" {
			fmt.Fprintf(out, "warning: %s\n", w)
		}
	}
	summarizeConstant(out, r.Constant)
	if r.Skipped > 0 && c.Table != nil {
		fmt.Fprintf(out, "  %s no vector and %s left out\n", words.Plural(r.Skipped, "row is", "rows are"), words.Noun(r.Skipped, "was", "were"))
	} else if r.Skipped > 0 {
		fmt.Fprintf(out, "  %s no usable image and %s left out\n", words.Plural(r.Skipped, "record holds", "records hold"), words.Noun(r.Skipped, "was", "were"))
	}
	fmt.Fprintf(out, "model %.12s in %s\n", r.SHA256, c.Output)
}

// constantNamed is the number of constant columns that are named.
const constantNamed = 12

// summarizeConstant names columns of a table that have one value.
func summarizeConstant(out io.Writer, names []string) {
	if len(names) == 0 {
		return
	}
	text := visible.Text(strings.Join(names[:min(len(names), constantNamed)], ", "))
	if more := len(names) - constantNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	fmt.Fprintf(out, "  %s one value in all rows, and %s 0 here: %s\n", words.Plural(len(names), "column has", "columns have"), words.Noun(len(names), "becomes", "become"), text)
}

func summarizeLinear(out io.Writer, s *training.Linear, table bool, took time.Duration) {
	fmt.Fprintf(out, "linear autoencoder of %s, %s, in %s\n",
		used(s.Summary.Images, s.From, table), words.Plural(len(s.Components), "dimension", "dimensions"), took)
	if table {
		fmt.Fprintf(out, "  explained variance: %.2f %% of %s; first dimension %.1f %%\n",
			100*s.Explained(), words.Plural(s.Size, "scaled column", "scaled columns"), 100*s.Components[0]/s.Variance)
		fmt.Fprintf(out, "  reconstruction: %s, over %s\n", s.Learned.OfRows(), words.Plural(s.Learned.Images, "row", "rows"))
		summarizeRank(out, s, "rows")
		return
	}
	fmt.Fprintf(out, "  explained variance: %.2f %% at the working size of %d numbers; first dimension %.1f %%\n",
		100*s.Explained(), s.Size, 100*s.Components[0]/s.Variance)
	of := "drawn by hash"
	if s.Learned.Images == s.Summary.Images {
		of = "all that it was trained on"
	}
	fmt.Fprintf(out, "  reconstruction at full size: %v, over %s (%s)\n", &s.Learned, words.Plural(s.Learned.Images, "image", "images"), of)
	summarizeRank(out, s, "images")
}

// summarizeRank says that there are fewer dimensions than were asked for.
func summarizeRank(out io.Writer, s *training.Linear, things string) {
	if s.Rank < len(s.Components) {
		fmt.Fprintf(out, "  the %s span %s only: the other %d of each latent vector are 0 (--latent=%d keeps what there is)\n",
			things, words.Plural(s.Rank, "dimension", "dimensions"), len(s.Components)-s.Rank, s.Rank)
	}
}

// used says how many images were trained on, and of how many.
func used(images, from int64, table bool) string {
	if from == 0 {
		return noun(images, table)
	}
	return fmt.Sprintf("%s of %s, drawn by hash", progress.Count(images), noun(from, table))
}

// noun is what was trained on.
func noun(n int64, table bool) string {
	if table {
		return words.Plural(n, "row", "rows")
	}
	return words.Plural(n, "image", "images")
}

func summarizeFit(out io.Writer, r *training.Result, table bool, took time.Duration) {
	s := r.Fit
	best := s.Rows[s.Best]
	if s.Head != nil {
		summarizeHead(out, r, took)
		return
	}
	fmt.Fprintf(out, "autoencoder of %s, %s, in %s\n", used(s.Images, s.From, table), words.Plural(r.Arch.Latent, "dimension", "dimensions"), took)
	if s.Held > 0 {
		fmt.Fprintf(out, "  best of %s: %d, validation loss %.6g, mean squared error %.6g over %s held out\n",
			words.Plural(len(s.Rows), "epoch", "epochs"), best.Epoch+1, best.Held.Loss, best.Held.MSE, noun(s.Held, table))
	} else {
		fmt.Fprintf(out, "  best of %s: %d, training loss %.6g, mean squared error %.6g\n",
			words.Plural(len(s.Rows), "epoch", "epochs"), best.Epoch+1, best.Train.Loss, best.Train.MSE)
	}
	learned, codes := s.Learned.String(), s.Codes.String()
	if table {
		learned, codes = s.Learned.OfRows(), s.Codes.OfRows()
	}
	fmt.Fprintf(out, "  of the best epoch: %s\n", learned)
	fmt.Fprintf(out, "  codes of %s: %s\n", noun(s.Codes.Images, table), codes)
	if s.Denoised != nil {
		fmt.Fprintf(out, "  denoising of %s: %v\n", noun(s.Denoised.Images, table), s.Denoised)
	}
	if s.Stopped != "" {
		fmt.Fprintf(out, "  ended early: %s\n", s.Stopped)
	}
	summarizeCurve(out, s.Curve, table)
}

func summarizeHead(out io.Writer, r *training.Result, took time.Duration) {
	s := r.Fit
	best := s.Rows[s.Best]
	fmt.Fprintf(out, "encoder of %s, %s, with a head of %s, in %s\n", used(s.Images, s.From, false), words.Plural(r.Arch.Latent, "dimension", "dimensions"),
		words.Plural(s.Head.Classes, "class", "classes"), took)
	share, off := s.Head.Accuracy()
	fmt.Fprintf(out, "  best of %s: %d, validation loss %.6g, accuracy %.2f %% (standard error %.2f %%): %s of %s held out, see %s\n",
		words.Plural(len(s.Rows), "epoch", "epochs"), best.Epoch+1, best.Held.Loss, 100*share, 100*off, words.Count(s.Head.Right), words.Plural(s.Head.Images, "image", "images"), schemas.ConfusionFile)
	fmt.Fprintf(out, "  codes of %s: %v\n", words.Plural(s.Codes.Images, "image", "images"), s.Codes)
	if s.Stopped != "" {
		fmt.Fprintf(out, "  ended early: %s\n", s.Stopped)
	}
	summarizeCurve(out, s.Curve, false)
	fmt.Fprintf(out, "  the model has no decoder: encode writes latents, without reconstruction errors\n")
}
