package model_test

import (
	"fmt"

	"exemplar/model"
)

// An architecture is data: a preset is changed by changing its fields.
func ExamplePreset() {
	a, err := model.Preset("ae1m")
	if err != nil {
		panic(err)
	}
	encoder, decoder := a.Parameters()
	fmt.Println(a.Input.Height, "pixels high,", a.Latent, "dimensions,", encoder, "and", decoder, "parameters")

	a.Latent = 64
	if err := a.Validate(); err != nil {
		panic(err)
	}
	encoder, _ = a.Parameters()
	fmt.Println(a.Latent, "dimensions,", encoder, "parameters of the encoder")
	// Output:
	// 256 pixels high, 512 dimensions, 17070960 and 17250673 parameters
	// 64 dimensions, 2390448 parameters of the encoder
}
