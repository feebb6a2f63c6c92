package model

import (
	"fmt"

	"exemplar/schemas"
)

// checkChannels compares what is said of channels with the images that a model takes.
func checkChannels(channels []schemas.Channel, in Input) error {
	switch n := len(channels); {
	case n == 0:
		return nil
	case in.Rows():
		return fmt.Errorf("%d channels are described, but the model is one of the rows of a table", n)
	case n != in.Channels:
		return fmt.Errorf("%d channels are described, the images have %d", n, in.Channels)
	}
	return schemas.CheckChannels(channels)
}
