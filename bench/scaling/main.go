// Command scaling says how long a step takes on a cluster, from a rate that was
// measured on one core: how much of the workers' time is lost because shards
// are not of one size, do not divide evenly by the workers, and workers start late.
//
//	go run ./bench/scaling --images=1061277 --rate=115 --machines=10,25,50,100 --shards=100,400,1000
//
// A worker is a machine that takes the next shard when it is done with one. A shard
// holds what the md5 rule gives it, and takes its images' time on all vCPUs of the
// machine, times 1 ± jitter.
//
// What never enters: Beam, Gorgonia, other modules, transforms.
package main

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
)

// job is one step on one cluster.
type job struct {
	images, shards, machines, vcpus int
	rate                            float64 // images per second and vCPU
	serial                          float64 // seconds of the submitting command, before and after the workers
	start                           float64 // seconds until a machine works
	jitter                          float64 // standard deviation of the speed of a shard
}

// outcome is what comes of a job.
type outcome struct {
	seconds    float64 // from the command's start to its end
	vcpuHours  float64 // of machines that run from the submission to the last shard's end
	efficiency float64 // useful share of these
}

// sizes draws how many images the shards hold: an image's shard is a hash of its name,
// so the numbers are as of balls in boxes.
func (j job) sizes(r *rand.Rand) []float64 {
	mean := float64(j.images) / float64(j.shards)
	s := make([]float64, j.shards)
	for i := range s {
		s[i] = max(0, mean+math.Sqrt(mean)*r.NormFloat64())
	}
	return s
}

// run plays the job through.
func (j job) run(r *rand.Rand) outcome {
	free := make([]float64, j.machines) // when machines become free
	for i := range free {
		free[i] = j.start * (0.8 + 0.4*r.Float64())
	}
	work, last := 0.0, 0.0
	for _, size := range j.sizes(r) {
		d := size / (j.rate * float64(j.vcpus)) * max(0.5, 1+j.jitter*r.NormFloat64())
		work += d
		first := slices.Index(free, slices.Min(free))
		free[first] += d
		last = max(last, free[first])
	}
	paid := last * float64(j.machines)
	return outcome{j.serial + last, paid * float64(j.vcpus) / 3600, work / paid}
}

// ints is a flag of comma-separated numbers.
type ints []int

func (n *ints) String() string { return strings.Trim(fmt.Sprint([]int(*n)), "[]") }

func (n *ints) Set(text string) error {
	*n = nil
	for _, s := range strings.Split(text, ",") {
		v, err := strconv.Atoi(s)
		if err != nil || v < 1 {
			return fmt.Errorf("%q is no number of them", s)
		}
		*n = append(*n, v)
	}
	return nil
}

func main() {
	j := job{}
	machines, shards := ints{1, 10, 25, 50, 100}, ints{100, 400, 1000}
	flag.IntVar(&j.images, "images", 1_061_277, "`number` of images")
	flag.Float64Var(&j.rate, "rate", 0, "`images` a second and vCPU")
	flag.IntVar(&j.vcpus, "vcpus", 8, "`number` of a machine")
	flag.Var(&machines, "machines", "`numbers` of machines")
	flag.Var(&shards, "shards", "`numbers` of shards")
	flag.Float64Var(&j.serial, "serial", 10, "`seconds` of the command before and after the workers")
	flag.Float64Var(&j.start, "start", 120, "`seconds` until a machine works, 20 % less to 20 % more")
	flag.Float64Var(&j.jitter, "jitter", 0.05, "standard `deviation` of the time of a shard, as a share")
	price := flag.Float64("price", 0, "of an hour of a vCPU with its memory and disk")
	flag.Parse()
	if j.rate <= 0 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "scaling: --rate is missing: the images per second that one vCPU was measured to do (--help lists the flags)")
		os.Exit(2)
	}
	fmt.Println("| machines | vCPUs | shards | time, minutes | vCPU hours | useful | money |\n|---:|---:|---:|---:|---:|---:|---:|")
	for _, j.machines = range machines {
		for _, j.shards = range shards {
			o := j.median(51)
			fmt.Printf("| %d | %d | %d | %.1f | %.2f | %.0f %% | %.2f |\n", j.machines, j.machines*j.vcpus, j.shards,
				o.seconds/60, o.vcpuHours, 100*o.efficiency, *price*o.vcpuHours)
		}
	}
}

// median returns the outcome of median duration of n games.
func (j job) median(n int) outcome {
	r := rand.New(rand.NewPCG(1, 2))
	games := make([]outcome, n)
	for i := range games {
		games[i] = j.run(r)
	}
	slices.SortFunc(games, func(a, b outcome) int { return int(math.Copysign(1, a.seconds-b.seconds)) })
	return games[n/2]
}
