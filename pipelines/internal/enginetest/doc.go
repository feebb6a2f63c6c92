// Package enginetest holds stand-ins, for tests only, for the machines that the
// pipelines run on in earnest: an object store (Storage), the Dataflow service
// (Dataflow) with the credentials that its client asks for (Credentials), and
// workers in processes of their own (Process).
//
// Everything listens on the loopback address and needs no network. The tests
// that use them run the real commands with the real flags, so nothing in the
// pipelines knows of them. No pipeline imports this package.
//
// What never enters: Parquet, Gorgonia; what a step computes.
package enginetest
