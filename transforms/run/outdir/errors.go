package outdir

// MostErrors returns the most rows of errors that a source of so many bytes may lead
// to: a hundred thousand, and one for each 16 bytes. Each takes memory, and a packed
// file of a few kilobytes can hold millions of rows that are nothing.
func MostErrors(bytes int64) int64 { return 100_000 + bytes/16 }
