package beamrun

import (
	"bytes"
	"encoding/gob"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// RegisterElement registers a struct whose values cross stages, coded as
// encoding/gob codes it. The coder that the SDK would choose is for rows, which
// runners in Java decode as well, and they misread it: it leaves out a nil
// slice, while the schema that goes with it says that none is nil.
func RegisterElement(t reflect.Type) { beam.RegisterCoder(t, encodeElement, decodeElement) }

func encodeElement(v beam.T) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func decodeElement(t reflect.Type, data []byte) (beam.T, error) {
	v := reflect.New(t)
	err := gob.NewDecoder(bytes.NewReader(data)).DecodeValue(v)
	return v.Elem().Interface(), err
}
