package beamrun

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/coder"
	"github.com/google/go-cmp/cmp"
)

type part struct {
	Name  string
	Bytes []byte
	List  []inner
}

type inner struct {
	Names []string
	Ratio float64
}

func init() { RegisterElement(reflect.TypeFor[part]()) }

// TestElementIsOpaque: no other program decodes an element, not even one whose
// slices are nil, and this one gets back what it encoded.
func TestElementIsOpaque(t *testing.T) {
	if c := coder.LookupCustomCoder(reflect.TypeFor[part]()); c == nil {
		t.Fatal("an element has the coder of the SDK")
	}
	enc, dec := beam.NewElementEncoder(reflect.TypeFor[part]()), beam.NewElementDecoder(reflect.TypeFor[part]())
	for _, want := range []part{
		{},
		{Name: "a", List: []inner{{}, {Names: []string{"", "ü"}, Ratio: 0.1}}},
		{Bytes: []byte{0, 255}, List: []inner{{Ratio: -1}}},
	} {
		var b bytes.Buffer
		if err := enc.Encode(want, &b); err != nil {
			t.Fatal(err)
		}
		got, err := dec.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || b.Len() > 0 {
			t.Errorf("%d bytes are left; -want +got:\n%s", b.Len(), diff)
		}
	}
}
