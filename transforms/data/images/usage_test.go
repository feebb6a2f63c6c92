package images_test

import (
	"errors"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// An image of another size is refused with a reason, or padded if that was asked for.
func ExampleFit_Apply() {
	small := images.Image{Height: 1, Width: 2, Channels: 1, Bits: 8, Pixels: []byte{7, 9}}
	fit := images.Fit{Shape: schemas.ImageShape{Height: 3, Width: 4, Channels: 1, Bits: 8}, Mode: "reject", Bits: "keep"}
	_, err := fit.Apply(small)
	var rejected *images.RejectError
	fmt.Println(errors.As(err, &rejected), rejected.Reason)

	fit.Mode = "pad"
	padded, err := fit.Apply(small)
	fmt.Println(padded.Pixels, err)
	// Output:
	// true wrong_size
	// [0 0 0 0 0 7 9 0 0 0 0 0] <nil>
}
