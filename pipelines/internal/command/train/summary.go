package train

import (
	"fmt"
	"io"
	"time"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/training"
)

// summarize prints how good the model is and what it cost.
func summarize(out io.Writer, r *training.Result, c training.Config, took time.Duration) {
	took = took.Round(10 * time.Millisecond)
	switch {
	case !r.Made:
		fmt.Fprintf(out, "Nothing to do: %s already holds the model of these shards%s.\n", c.Output, r.Beyond())
		if c.Summary {
			fmt.Fprint(out, r.Arch.Summary(true))
		}
	case r.Linear != nil:
		summarizeLinear(out, r.Linear, took)
	default:
		summarizeFit(out, r, took)
	}
	if r.Training != nil {
		if w := schemas.LearnedOf(r.Training.Metrics).Warning(); w != "" {
			fmt.Fprintf(out, "warning: %s\n", w)
		}
	}
	if r.Skipped > 0 {
		fmt.Fprintf(out, "  %s no usable image and %s left out\n", words.Plural(r.Skipped, "record holds", "records hold"), words.Noun(r.Skipped, "was", "were"))
	}
	fmt.Fprintf(out, "model %.12s in %s\n", r.SHA256, c.Output)
}

func summarizeLinear(out io.Writer, s *training.Linear, took time.Duration) {
	fmt.Fprintf(out, "linear autoencoder of %s, %s, in %s\n",
		used(s.Summary.Images, s.From), words.Plural(len(s.Components), "dimension", "dimensions"), took)
	fmt.Fprintf(out, "  explained variance: %.2f %% at the working size of %d numbers; first dimension %.1f %%\n",
		100*s.Explained(), s.Size, 100*s.Components[0]/s.Variance)
	of := "drawn by hash"
	if s.Learned.Images == s.Summary.Images {
		of = "all that it was trained on"
	}
	fmt.Fprintf(out, "  reconstruction at full size: %v, over %s (%s)\n", &s.Learned, words.Plural(s.Learned.Images, "image", "images"), of)
	if s.Rank < len(s.Components) {
		fmt.Fprintf(out, "  the images span %s only: the other %d of each latent vector are 0 (--latent=%d keeps what there is)\n",
			words.Plural(s.Rank, "dimension", "dimensions"), len(s.Components)-s.Rank, s.Rank)
	}
}

// used says how many images were trained on, and of how many.
func used(images, from int64) string {
	if from == 0 {
		return words.Plural(images, "image", "images")
	}
	return fmt.Sprintf("%s of %s images, drawn by hash", progress.Count(images), progress.Count(from))
}

func summarizeFit(out io.Writer, r *training.Result, took time.Duration) {
	s := r.Fit
	best := s.Rows[s.Best]
	if s.Head != nil {
		summarizeHead(out, r, took)
		return
	}
	fmt.Fprintf(out, "autoencoder of %s, %s, in %s\n", used(s.Images, s.From), words.Plural(r.Arch.Latent, "dimension", "dimensions"), took)
	if s.Held > 0 {
		fmt.Fprintf(out, "  best of %s: %d, validation loss %.6g, mean squared error %.6g over %s held out\n",
			words.Plural(len(s.Rows), "epoch", "epochs"), best.Epoch+1, best.Held.Loss, best.Held.MSE, words.Plural(s.Held, "image", "images"))
	} else {
		fmt.Fprintf(out, "  best of %s: %d, training loss %.6g, mean squared error %.6g\n",
			words.Plural(len(s.Rows), "epoch", "epochs"), best.Epoch+1, best.Train.Loss, best.Train.MSE)
	}
	fmt.Fprintf(out, "  of the best epoch: %v\n", s.Learned)
	fmt.Fprintf(out, "  codes of %s: %v\n", words.Plural(s.Codes.Images, "image", "images"), s.Codes)
	if s.Denoised != nil {
		fmt.Fprintf(out, "  denoising of %s: %v\n", words.Plural(s.Denoised.Images, "image", "images"), s.Denoised)
	}
	if s.Stopped != "" {
		fmt.Fprintf(out, "  ended early: %s\n", s.Stopped)
	}
}

func summarizeHead(out io.Writer, r *training.Result, took time.Duration) {
	s := r.Fit
	best := s.Rows[s.Best]
	fmt.Fprintf(out, "encoder of %s, %s, with a head of %s, in %s\n", used(s.Images, s.From), words.Plural(r.Arch.Latent, "dimension", "dimensions"),
		words.Plural(s.Head.Classes, "class", "classes"), took)
	share, off := s.Head.Accuracy()
	fmt.Fprintf(out, "  best of %s: %d, validation loss %.6g, accuracy %.2f %% (standard error %.2f %%): %s of %s held out, see %s\n",
		words.Plural(len(s.Rows), "epoch", "epochs"), best.Epoch+1, best.Held.Loss, 100*share, 100*off, words.Count(s.Head.Right), words.Plural(s.Head.Images, "image", "images"), schemas.ConfusionFile)
	fmt.Fprintf(out, "  codes of %s: %v\n", words.Plural(s.Codes.Images, "image", "images"), s.Codes)
	if s.Stopped != "" {
		fmt.Fprintf(out, "  ended early: %s\n", s.Stopped)
	}
	fmt.Fprintf(out, "  the model has no decoder: encode writes latents, without reconstruction errors\n")
}
