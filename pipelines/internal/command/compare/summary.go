package compare

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"

	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
	"exemplar/transforms/comparing"
)

// summarize prints the tables that fit a screen, and what was left out.
func summarize(out io.Writer, c comparing.Config, r *comparing.Result) {
	m := r.Manifest
	if !r.Made {
		fmt.Fprintf(out, "Nothing to do: %s already holds this comparison.\n", c.Output)
	}
	drawn := ""
	if m.DrawnFrom > 0 {
		drawn = fmt.Sprintf(", drawn by hash from %s", words.Count(m.DrawnFrom))
	}
	fmt.Fprintf(out, "%s on %s of %s%s, variance %.4g\n", words.Plural(len(m.Models), "model", "models"), words.Plural(m.Images, "image", "images"), m.Image, drawn, m.Variance)
	if m.Parameters.Anomalies != "" {
		fmt.Fprintf(out, "anomalies: %s with %s (%s)\n", words.Plural(m.Positives, "image", "images"), visible.Text(m.Condition.String()), visible.Text(m.Condition.Types()))
	}
	if r.Made {
		modelTable(out, m, r.Models)
		rateTable(out, r)
		codeTable(out, r)
	}
	notes(out, r)
	fmt.Fprintf(out, "%d files and %s in %s\n", len(m.Files), schemas.CompareFile, c.Output)
}

// digits writes a number with some digits, "-" where it is not known.
func digits(v float64, n int) string {
	if v != v {
		return "-"
	}
	return strconv.FormatFloat(v, 'g', n, 64)
}

func table(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }

// modelTable prints a line a model.
func modelTable(out io.Writer, m *schemas.CompareManifest, models []comparing.Model) {
	w := table(out)
	auroc, rule := "", ""
	if m.Parameters.Anomalies != "" {
		auroc = "\tAUROC"
	}
	fmt.Fprintf(w, "  model\tkind\tdimensions\tparameters\tmse\tmae\tPSNR\tmissed\tbits/pixel\tmse in %d bits%s\n", schemas.CodeBits, auroc)
	for _, r := range models {
		if auroc != "" {
			rule = fmt.Sprintf("\t%s ± %s", fixed(r.AUROC), fixed(r.SE))
		}
		missed := "-"
		if r.Missed == r.Missed {
			missed = fmt.Sprintf("%.3g %%", 100*r.Missed)
		}
		fmt.Fprintf(w, "  %s\t%s\t%d\t%s\t%.4g\t%.4g\t%.2f dB\t%s\t%.4g\t%.4g%s\n", visible.Text(r.Folder), r.Kind, r.Dimensions, words.Count(r.Encoder+r.Decoder),
			r.MSE, r.MAE, comparing.PSNR(r.MSE), missed, r.BitsPerPixel, r.MSE8, rule)
	}
	w.Flush() // an error of the console is met by what follows
	for _, r := range models {
		if r.Missed >= 1 {
			fmt.Fprintf(out, "warning: %s gives back these images no better than their mean in place of every one would (missed %.3g %%): it has learned nothing of them\n",
				visible.Text(r.Folder), 100*r.Missed)
		}
	}
}

// fixed writes a rate with four decimals, "-" where it is not known.
func fixed(v float64) string {
	if v != v {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// rateTable prints, for each model, what the codecs make of the images at its rate.
func rateTable(out io.Writer, r *comparing.Result) {
	if len(comparing.AtRate(r.Rates, 0)) == 0 {
		return
	}
	fmt.Fprintf(out, "at the rate of each model, or the largest below it; values in %d bits, their ranges and all headers not counted:\n", schemas.CodeBits)
	w := table(out)
	fmt.Fprintln(w, "  method\t\tbits/pixel\tmse\tmae\tPSNR")
	line := func(name, what string, of comparing.Rate, note string) {
		fmt.Fprintf(w, "  %s\t%s\t%.4g\t%.4g\t%.4g\t%.2f dB%s\n", name, what, of.Bits, of.MSE, of.MAE, comparing.PSNR(of.MSE), note)
	}
	for _, of := range r.Rates {
		if of.Method != schemas.MethodModel {
			continue
		}
		line(visible.Text(of.Model), words.Plural(of.Parameter, "dimension", "dimensions"), of, "")
		for _, at := range comparing.AtRate(r.Rates, of.Bits) {
			if at.Model == of.Model {
				continue // itself
			}
			note := ""
			if at.Bits > of.Bits {
				note = "  more bits: its smallest rate"
			}
			line("  "+named(at), parameter(at), at, note)
		}
	}
	w.Flush()
}

func named(r comparing.Rate) string {
	switch r.Method {
	case schemas.MethodPCA:
		return visible.Text(r.Model)
	case schemas.MethodJPEG:
		return "JPEG"
	case schemas.MethodDCT:
		return "DCT"
	}
	return "DCT and positions"
}

func parameter(r comparing.Rate) string {
	switch r.Method {
	case schemas.MethodPCA:
		return "first " + words.Plural(r.Parameter, "component", "components")
	case schemas.MethodJPEG:
		return fmt.Sprintf("quality %d", r.Parameter)
	}
	return words.Plural(r.Parameter, "coefficient", "coefficients")
}

// codeTable prints what is known of the codes, and of the decoders that are affine.
func codeTable(out io.Writer, r *comparing.Result) {
	fmt.Fprintln(out, "codes, by the correlation r of two dimensions:")
	w := table(out)
	fmt.Fprintln(w, "  model\tlargest |r|\tof\tmean of |r|\tconstant dimensions")
	for _, m := range r.Models {
		of := "-"
		if m.Correlation == m.Correlation {
			of = fmt.Sprintf("%d and %d", m.I, m.J)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%d of %d\n", visible.Text(m.Folder), digits(m.Correlation, 4), of, digits(m.Average, 4), m.Constant, m.Dimensions)
	}
	w.Flush()
	for _, m := range r.Models {
		if m.Cosine == m.Cosine {
			fmt.Fprintf(out, "columns of the decoder of %s: largest |cosine| between two %.3g\n", visible.Text(m.Folder), m.Cosine)
		}
	}
	for _, a := range r.Angles {
		if len(a.Degrees) == 0 {
			fmt.Fprintf(out, "decoders of %s and %s: no angles, one adds nothing to an image\n", visible.Text(a.Model), visible.Text(a.Other))
			continue
		}
		fmt.Fprintf(out, "decoders of %s and %s: %s between what they span, the largest %.3g degrees\n", visible.Text(a.Model), visible.Text(a.Other),
			words.Plural(len(a.Degrees), "principal angle", "principal angles"), slices.Max(a.Degrees))
	}
}

// notes prints what a reader has to know.
func notes(out io.Writer, r *comparing.Result) {
	m := r.Manifest
	for _, l := range m.LeftOut {
		fmt.Fprintf(out, "note: %s is left out: %s\n", l.Codec, l.Why)
	}
	if m.Rejected > 0 {
		first := ""
		if r.Reason != "" {
			first = "; the first: " + visible.Text(r.Reason)
		}
		fmt.Fprintf(out, "note: %s no usable image, and %s left out%s\n", words.Plural(m.Rejected, "record holds", "records hold"), words.Noun(m.Rejected, "is", "are"), first)
	}
	if m.Unlabeled > 0 {
		fmt.Fprintf(out, "note: %s no label, and %s as no anomalies\n", words.Plural(m.Unlabeled, "image has", "images have"), words.Noun(m.Unlabeled, "counts", "count"))
	}
	if m.Parameters.Anomalies != "" {
		fmt.Fprintln(out, "AUROC: the share of pairs in which the anomaly has the larger mse, ties half; ± the standard error of DeLong et al.")
	}
	for _, of := range r.Models {
		if math.IsInf(comparing.PSNR(of.MSE), 1) {
			fmt.Fprintf(out, "note: %s gives back every image exactly\n", visible.Text(of.Folder))
		}
	}
}
