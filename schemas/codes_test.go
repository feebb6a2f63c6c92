package schemas

import (
	"math"
	"testing"
)

func TestCodes(t *testing.T) {
	c := CodesOf([]float32{0, 5, 2, 5, 0, 5}, 2)
	if c.Images != 3 || c.Constant != 1 || math.Abs(c.Zeros-1.0/3) > 1e-12 || math.Abs(c.Mean-17.0/6) > 1e-12 || math.Abs(c.Variance-(79.0/6-289.0/36)) > 1e-12 {
		t.Errorf("%+v", c)
	}
	if got, want := c.String(), "mean 2.83, variance 5.14, 33.3 % exactly 0; 1 of 2 dimensions are the same for all images"; got != want {
		t.Errorf("%s\nwant: %s", got, want)
	}
	if got := PSNR(0.01); math.Abs(got-20) > 1e-12 {
		t.Errorf("PSNR %g", got)
	}
}
