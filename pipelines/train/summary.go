package main

import (
	"fmt"
	"io"
	"time"

	"exemplar/pipelines/internal/training"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/progress"
)

// summarise prints how good the model is and what it cost.
func summarise(out io.Writer, r *training.Result, c training.Config, took time.Duration) {
	took = took.Round(10 * time.Millisecond)
	switch {
	case !r.Made:
		fmt.Fprintf(out, "Nothing to do: %s already holds the model of these shards.\n", c.Output)
	case r.Linear != nil:
		summariseLinear(out, r.Linear, took)
	default:
		summariseFit(out, r, took)
	}
	if r.Training != nil {
		if w := schemas.LearntOf(r.Training.Metrics).Warning(); w != "" {
			fmt.Fprintf(out, "warning: %s\n", w)
		}
	}
	if r.Skipped > 0 {
		fmt.Fprintf(out, "  %s records hold no usable image and were left out\n", progress.Count(r.Skipped))
	}
	fmt.Fprintf(out, "model %.12s in %s\n", r.SHA256, c.Output)
}

func summariseLinear(out io.Writer, s *training.Linear, took time.Duration) {
	fmt.Fprintf(out, "linear autoencoder of %s, %d dimensions, in %s\n",
		used(s.Summary.Images, s.From), len(s.Components), took)
	fmt.Fprintf(out, "  explained variance: %.2f %% at the working size of %d numbers; first dimension %.1f %%\n",
		100*s.Explained(), s.Size, 100*s.Components[0]/s.Variance)
	of := "drawn by hash"
	if s.Learnt.Images == s.Summary.Images {
		of = "all that it was trained on"
	}
	fmt.Fprintf(out, "  reconstruction at full size: %v, over %s (%s)\n", &s.Learnt, words.Plural(s.Learnt.Images, "image", "images"), of)
	if s.Rank < len(s.Components) {
		fmt.Fprintf(out, "  the images span %d dimensions only: the other %d of each latent vector are 0 (--latent=%d keeps what there is)\n",
			s.Rank, len(s.Components)-s.Rank, s.Rank)
	}
}

// used says how many images were trained on, and of how many.
func used(images, from int64) string {
	if from == 0 {
		return words.Plural(images, "image", "images")
	}
	return fmt.Sprintf("%s of %s images, drawn by hash", progress.Count(images), progress.Count(from))
}

func summariseFit(out io.Writer, r *training.Result, took time.Duration) {
	s := r.Fit
	best := s.Rows[s.Best]
	fmt.Fprintf(out, "autoencoder of %s, %d dimensions, in %s\n", used(s.Images, s.From), r.Arch.Latent, took)
	if s.Held > 0 {
		fmt.Fprintf(out, "  best of %d epochs: %d, validation loss %.6g, mean squared error %.6g over %s images held back\n",
			len(s.Rows), best.Epoch+1, best.Held.Loss, best.Held.MSE, progress.Count(s.Held))
	} else {
		fmt.Fprintf(out, "  best of %d epochs: %d, training loss %.6g, mean squared error %.6g\n",
			len(s.Rows), best.Epoch+1, best.Train.Loss, best.Train.MSE)
	}
	fmt.Fprintf(out, "  of the best epoch: %v\n", s.Learnt)
	if s.Stopped != "" {
		fmt.Fprintf(out, "  ended early: %s\n", s.Stopped)
	}
}
