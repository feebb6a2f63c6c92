package schemas_test

import (
	"fmt"

	"exemplar/schemas"
)

// The shard of an image follows from its name and the number of shards alone.
func ExampleShardOf() {
	i := schemas.ShardOf("run01/well-A1/interphase_0001.tif", 100)
	fmt.Println(schemas.ShardName(i, 100, schemas.CompressionNone))
	fmt.Println(schemas.LatentsName(i, 100))
	// Output:
	// images-00003-of-00100.tfrecords
	// latents-00003-of-00100.parquet
}
