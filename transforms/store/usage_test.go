package store_test

import (
	"context"
	"fmt"
	"os"

	"exemplar/transforms/store"
)

// A file appears when it is committed; names work alike on disks, gs:// and s3://.
func ExampleCreate() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	w, err := store.Create(ctx, store.Join(dir, "wells", "A1.txt"))
	if err != nil {
		panic(err)
	}
	defer w.Abort() // nothing after Commit
	fmt.Fprint(w, "interphase")
	if err := w.Commit(); err != nil {
		panic(err)
	}
	for o, err := range store.List(ctx, dir, true) {
		if err != nil {
			panic(err)
		}
		name, _ := store.Rel(dir, o.Name)
		fmt.Println(name, o.Size, "bytes")
	}
	// Output: wells/A1.txt 10 bytes
}
