package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestRunKeepsItsBounds: no cluster is faster than its share of the work, and none
// that hands out shards one by one is slower by more than the largest shard.
func TestRunKeepsItsBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, machines := range []int{1, 7, 64, 100} {
		for _, shards := range []int{100, 101, 1000} {
			j := job{images: 1_000_000, shards: shards, machines: machines, vcpus: 8, rate: 100, serial: 5}
			ideal := float64(j.images) / (j.rate * float64(j.vcpus))
			shard := ideal / float64(shards)
			least, most := ideal/float64(machines)*0.99, ideal/float64(machines)+1.1*shard
			if o := j.run(r); !(o.seconds-j.serial >= least && o.seconds-j.serial <= most) {
				t.Errorf("%d machines, %d shards: %.1f s, want %.1f to %.1f", machines, shards, o.seconds-j.serial, least, most)
			}
		}
	}
}

// TestOneShardTooMany: 101 shards on 100 machines take twice the time of 100, nearly
// half of it wasted.
func TestOneShardTooMany(t *testing.T) {
	j := job{images: 10_000_000, shards: 101, machines: 100, vcpus: 8, rate: 100}
	if o := j.median(11); math.Abs(o.efficiency-0.5) > 0.02 {
		t.Errorf("useful are %.3f, want a half", o.efficiency)
	}
}
