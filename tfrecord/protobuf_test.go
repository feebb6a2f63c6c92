package tfrecord

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// exampleDescriptor describes tf.train.Example to the protocol buffer library,
// which serves as the reference for this package's decoder.
var exampleDescriptor = func() protoreflect.MessageDescriptor {
	const text = `
name: "example.proto" package: "tensorflow" syntax: "proto3"
message_type { name: "BytesList" field { name: "value" number: 1 label: LABEL_REPEATED type: TYPE_BYTES } }
message_type { name: "FloatList" field { name: "value" number: 1 label: LABEL_REPEATED type: TYPE_FLOAT } }
message_type { name: "Int64List" field { name: "value" number: 1 label: LABEL_REPEATED type: TYPE_INT64 } }
message_type {
  name: "Feature"
  field { name: "bytes_list" number: 1 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".tensorflow.BytesList" oneof_index: 0 }
  field { name: "float_list" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".tensorflow.FloatList" oneof_index: 0 }
  field { name: "int64_list" number: 3 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".tensorflow.Int64List" oneof_index: 0 }
  oneof_decl { name: "kind" }
}
message_type {
  name: "Features"
  field { name: "feature" number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".tensorflow.Features.FeatureEntry" }
  nested_type {
    name: "FeatureEntry"
    field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
    field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".tensorflow.Feature" }
    options { map_entry: true }
  }
}
message_type {
  name: "Example"
  field { name: "features" number: 1 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".tensorflow.Features" }
}`
	var file descriptorpb.FileDescriptorProto
	if err := prototext.Unmarshal([]byte(text), &file); err != nil {
		panic(err)
	}
	d, err := protodesc.NewFile(&file, nil)
	if err != nil {
		panic(err)
	}
	return d.Messages().ByName("Example")
}()

// errReference says that the reference itself fails: a map key followed by a
// field 1 of another wire type panics in dynamic messages (protobuf v1.36.12).
var errReference = errors.New("the protocol buffer library panics")

// protoContents returns what the protocol buffer library finds in a message.
func protoContents(b []byte) (all map[string]list, err error) {
	defer func() {
		if recover() != nil {
			err = errReference
		}
	}()
	m := dynamicpb.NewMessage(exampleDescriptor)
	if err := proto.Unmarshal(b, m); err != nil {
		return nil, err
	}
	all = map[string]list{}
	features := m.Get(exampleDescriptor.Fields().ByName("features")).Message()
	entries := features.Get(features.Descriptor().Fields().ByName("feature")).Map()
	entries.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
		feature := value.Message()
		l := list{Kind: "empty"}
		if kind := feature.WhichOneof(feature.Descriptor().Oneofs().ByName("kind")); kind != nil {
			l = protoList(Kind(kind.Number()), feature.Get(kind).Message())
		}
		all[key.String()] = l
		return true
	})
	return all, nil
}

func protoList(k Kind, m protoreflect.Message) list {
	l := list{Kind: k.String()}
	values := m.Get(m.Descriptor().Fields().ByName("value")).List()
	for i := range values.Len() {
		switch v := values.Get(i); k {
		case KindBytes:
			l.Bytes = append(l.Bytes, string(v.Bytes()))
		case KindFloat:
			l.Floats = append(l.Floats, math.Float32bits(float32(v.Float())))
		case KindInt64:
			l.Ints = append(l.Ints, v.Int())
		}
	}
	return l
}

// quietNaNs sets the quiet bit of every NaN: the protocol buffer library widens
// floats to float64, which does so; this package keeps the bits of the file.
func quietNaNs(bits []uint32) {
	for i, b := range bits {
		if b&0x7f800000 == 0x7f800000 && b&0x007fffff != 0 {
			bits[i] = b | 0x00400000
		}
	}
}

// checkAgainstProto checks that this package accepts exactly the messages that
// the protocol buffer library accepts, and finds the same in them.
func checkAgainstProto(t *testing.T, b []byte) {
	t.Helper()
	want, wantErr := protoContents(b)
	e, err := ParseExample(b)
	if wantErr == errReference {
		return
	}
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%x: error %v, the protocol buffer library's is %v", b, err, wantErr)
	}
	if err != nil {
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%x: %v is not ErrCorrupt", b, err)
		}
		return
	}
	got := contents(e)
	for _, l := range got {
		quietNaNs(l.Floats)
	}
	if len(got) != e.Len() {
		t.Fatalf("%x: %d features, %d names", b, e.Len(), len(got))
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("%x: (-protobuf +ours)\n%s", b, d)
	}
	for name, l := range want {
		v, ok := e.Lookup(name)
		if !ok || v.Kind().String() != l.Kind || v.Len() != len(l.Bytes)+len(l.Floats)+len(l.Ints) {
			t.Fatalf("%x: Lookup(%q) = %+v, %v, want %+v", b, name, v, ok, l)
		}
	}
}
