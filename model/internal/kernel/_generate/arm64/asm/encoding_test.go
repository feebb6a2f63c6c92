package asm

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestEncodings: the words are what another assembler makes of their comments, for every
// instruction with several registers, and for all that were generated.
func TestEncodings(t *testing.T) {
	mc := assembler(t)
	lines := forms(t)
	if n := len(lines); n < 300 {
		t.Fatalf("%d instructions", n)
	}
	generated, err := os.ReadFile("../../../kernels_arm64.s")
	if err != nil {
		t.Fatal(err)
	}
	lines = append(lines, strings.Split(string(generated), "\n")...)
	word := regexp.MustCompile(`^\s*WORD \$(0x[0-9a-f]{8}) // (.*)$`)
	var words, syntax []string
	seen := map[string]bool{}
	for _, line := range lines {
		if m := word.FindStringSubmatch(line); m != nil && !seen[m[0]] {
			seen[m[0]] = true
			words, syntax = append(words, m[1]), append(syntax, m[2])
		} else if m == nil && strings.Contains(line, "WORD") {
			t.Errorf("%q is no word with a comment", line)
		}
	}
	for i, want := range assemble(t, mc, syntax) {
		if words[i] != want {
			t.Errorf("%s: %s, want %s", syntax[i], words[i], want)
		}
	}
	t.Logf("%d instructions compared", len(words))
}

// assembler is the other one; without it there is no test.
func assembler(t *testing.T) string {
	for _, name := range []string{"llvm-mc-19", "llvm-mc-22", "llvm-mc", "/usr/lib/llvm-19/bin/llvm-mc"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no llvm-mc (Debian's package llvm-19) to compare with")
	return ""
}

// assemble returns the words of instructions.
func assemble(t *testing.T, mc string, syntax []string) (words []string) {
	t.Helper()
	cmd := exec.Command(mc, "--triple=aarch64", "--mattr=+neon", "--show-encoding")
	cmd.Stdin = strings.NewReader(strings.Join(syntax, "\n") + "\n")
	var out, message bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &message
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", mc, err, message.String())
	}
	encoding := regexp.MustCompile(`encoding: \[0x(..),0x(..),0x(..),0x(..)\]`)
	for _, m := range encoding.FindAllStringSubmatch(out.String(), -1) {
		words = append(words, "0x"+m[4]+m[3]+m[2]+m[1])
	}
	if len(words) != len(syntax) {
		t.Fatalf("%d of %d instructions assembled", len(words), len(syntax))
	}
	return words
}

// Instructions whose registers are not free: the last among the first 16, or numbers that
// follow each other (which the generated code shows).
var (
	low  = map[string]bool{"MultiplyBy": true}
	runs = map[string]bool{"LoadParts": true}
)

// further are constants other than 0 to 3.
var further = map[string][]int{"MultiplyBy": {4, 5, 6, 7}, "ShiftInt": {23, 31}, "LoadPost": {240, -256}, "StorePost": {16, -16}}

// forms calls every method that writes instructions on given registers, places and
// constants, with several of them, and returns what it writes.
func forms(t *testing.T) (lines []string) {
	rng := rand.New(rand.NewPCG(1, 2))
	methods := reflect.TypeFor[*Function]()
	for i := range methods.NumMethod() {
		m, written := methods.Method(i), 0
		if runs[m.Name] || !takes(m.Type) {
			continue
		}
		for n := range 16 {
			list := form(m, rng, n)
			lines, written = append(lines, list...), written+len(list)
		}
		if written == 0 {
			t.Errorf("%s writes nothing", m.Name)
		}
	}
	return lines
}

// takes reports whether a method has only arguments that form can give.
func takes(method reflect.Type) bool {
	registers := false
	for i := 1; i < method.NumIn(); i++ {
		switch method.In(i) {
		case reflect.TypeFor[Register]():
			registers = true
		case reflect.TypeFor[Place](), reflect.TypeFor[int](), reflect.TypeFor[bool]():
		default:
			return false
		}
	}
	return registers
}

// form returns what a method writes with the n-th arguments; nothing where it refuses them.
func form(m reflect.Method, rng *rand.Rand, n int) (lines []string) {
	f := &Function{file: &File{}, name: m.Name}
	defer func() {
		if recover() != nil {
			lines = nil
		}
	}()
	args := []reflect.Value{reflect.ValueOf(f)}
	for i := 1; i < m.Type.NumIn(); i++ {
		var arg any
		switch m.Type.In(i) {
		case reflect.TypeFor[Register]():
			arg = f.V()
		case reflect.TypeFor[Place]():
			arg = At(f.X(), 16*rng.IntN(64))
			if n%2 == 1 {
				arg = Index(f.X(), f.X())
			}
		case reflect.TypeFor[int]():
			constants := append([]int{0, 1, 2, 3}, further[m.Name]...)
			arg = constants[n%len(constants)]
		case reflect.TypeFor[bool]():
			arg = n/8 == 1
		}
		args = append(args, reflect.ValueOf(arg))
	}
	m.Func.Call(args)
	physical := rng.Perm(31)
	if low[m.Name] {
		physical = rng.Perm(16)
	}
	for _, in := range f.code {
		lines = append(lines, in.text(physical))
	}
	return lines
}
