package lines

import "testing"

func TestIsFormula(t *testing.T) {
	for cell, want := range map[string]bool{
		"=cmd|' /C calc'!A0": true, "+1+1": true, "-2+3": true, "@SUM(A1)": true, "\tx": true, "\r=1": true, "\x1b[1m": true, "-": false,
		"-3": false, "+1.5": false, "-.5e-3": false, "-0x10": true, "-inf": true, "": false, "a=b": false, "3-4": false, " =1": false, "細胞": false,
	} {
		if got := IsFormula(cell); got != want {
			t.Errorf("%q: %v, want %v", cell, got, want)
		}
	}
}
