package parallel

import "exemplar/schemas/caught"

// Group are goroutines that are waited for together. Where one of them panics, Wait
// does, with a *Panic, on the goroutine that waits. The zero value is ready.
type Group = caught.Group

// Panic is what a goroutine panicked with, and where.
type Panic = caught.Panic
