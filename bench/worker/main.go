// Command worker is this project's side of the benchmark against other
// programs (see bench/README.md): a process that answers requests, one JSON
// object a line on standard input, with one JSON object a line on standard
// output. An answer with "error" reports what was wrong.
//
//	{"do":"create","preset":P,"mode":M,"seed":S,"model":DIR}  writes a model with random weights and layers.json
//	{"do":"load","model":DIR,"images":FILE,"mode":M,"seed":S,"batch":B,"threads":T}
//	{"do":"check","output":FILE}                     runs over everything, writes the float32 results
//	{"do":"time","batches":N}                        seconds for N batches, after one untimed
//
// Mode encode gives the latent vectors; mode reconstruct gives them, decodes
// them and gives the mean squared error of each image. Mode train gives the loss
// of each batch before the step of Adam that is done on it; it starts from the
// weights that create drew from the seed, so that check comes first. Mode assign
// gives the number of the nearest center: the model is then a file of float32
// centers, as many as "clusters" says, and the images are float32 rows.
//
// What never enters: Beam, Parquet, transforms.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"exemplar/model"
)

// request is one line of standard input; each request reads its own fields.
type request struct {
	Do       string `json:"do"`
	Preset   string `json:"preset"`
	Seed     uint64 `json:"seed"`
	Model    string `json:"model"`    // directory, or file of centers
	Images   string `json:"images"`   // file of raw pixels, one image after the other, or of rows
	Mode     string `json:"mode"`     // encode, reconstruct, train or assign
	Clusters int    `json:"clusters"` // centers
	Batch    int    `json:"batch"`    // images or rows per call
	Threads  int    `json:"threads"`  // goroutines
	Output   string `json:"output"`   // file
	Batches  int    `json:"batches"`
}

// answer is one line of standard output.
type answer struct {
	Error    string   `json:"error,omitempty"`
	Variants []string `json:"variants,omitempty"` // ways that load offers; this program has one
	Seconds  float64  `json:"seconds,omitempty"`  // wall time
	CPU      float64  `json:"cpu,omitempty"`      // seconds of processor time, all threads
}

func main() {
	err := model.CheckKernels()
	if err == nil {
		err = serve(os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

// serve answers requests until the input ends.
func serve(in io.Reader, out io.Writer) error {
	dec, enc := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	var j *job
	for {
		var r request
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("request: %w", err)
		}
		a, err := handle(&j, r)
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
}

// handle answers one request; load replaces the job.
func handle(j **job, r request) (answer, error) {
	switch {
	case r.Do == "create":
		return answer{}, create(r)
	case r.Do == "load":
		var err error
		*j, err = load(r)
		return answer{Variants: []string{""}}, err
	case *j == nil:
		return answer{}, fmt.Errorf("request %q before load", r.Do)
	case r.Do == "check":
		return answer{}, (*j).check(r.Output)
	case r.Do == "time":
		wall, cpu, err := (*j).time(r.Batches)
		return answer{Seconds: wall, CPU: cpu}, err
	}
	return answer{}, fmt.Errorf("request %q is unknown", r.Do)
}
