package fit

import (
	"bytes"
	"encoding/csv"
	"strconv"
)

// Row is one epoch of the log. Losses are means an image.
type Row struct {
	Epoch int  `json:"epoch"` // from 0
	Train sums `json:"train"` // during the epoch, before each step
	Held  sums `json:"held"`  // of the images for validation, after it; N 0: there are none

	LR float64 `json:"lr"` // of its last step
}

// Measure is what epochs are compared by: the validation loss or, without
// images for validation, the training loss.
func (r Row) Measure() float64 {
	if r.Held.N > 0 {
		return r.Held.Loss
	}
	return r.Train.Loss
}

// CSV returns the log with the study's columns: epoch (from 0), loss, mse,
// val_loss and val_mse, then lr, then KL and L1 of the code where the loss has
// them, and accuracy and val_accuracy of a head, which has no mse. Validation columns are
// empty where there is none.
func CSV(rows []Row) []byte {
	var kl, l1, classes bool
	for _, r := range rows {
		kl, l1, classes = kl || r.Train.KL != 0, l1 || r.Train.L1 != 0, classes || r.Train.Classified
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	write := func(fields ...string) { _ = w.Write(fields) } // a bytes.Buffer takes everything
	head := []string{"epoch", "loss", "mse", "val_loss", "val_mse", "lr"}
	if kl {
		head = append(head, "kl", "val_kl")
	}
	if l1 {
		head = append(head, "l1", "val_l1")
	}
	if classes {
		head = append(head, "accuracy", "val_accuracy")
	}
	write(head...)
	for _, r := range rows {
		held := func(v float64) string {
			if r.Held.N == 0 {
				return ""
			}
			return shortest(v)
		}
		line := []string{
			strconv.Itoa(r.Epoch), shortest(r.Train.Loss), shortest(r.Train.MSE), held(r.Held.Loss), held(r.Held.MSE), shortest(r.LR),
		}
		if kl {
			line = append(line, shortest(r.Train.KL), held(r.Held.KL))
		}
		if l1 {
			line = append(line, shortest(r.Train.L1), held(r.Held.L1))
		}
		if classes {
			line[2], line[4] = "", ""
			line = append(line, shortest(r.Train.Right), held(r.Held.Right))
		}
		write(line...)
	}
	w.Flush()
	return out.Bytes()
}

func shortest(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
