// Package asm writes routines for arm64 in the syntax of Go's assembler: the part of
// an assembler that kernels need, with registers as variables.
//
// What lives here: registers and their allocation, parameters, labels, loops, and the
// instructions, each with its encoding. What never enters: kernels.
//
// Go's assembler lacks most of the vector instructions, so all of them are written as
// words, with the usual syntax as a comment; integer instructions are Go's. That the
// words are the instructions is what another assembler shows (TestEncodings).
package asm
