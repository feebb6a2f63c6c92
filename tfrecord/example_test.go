package tfrecord

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"
)

// list is what a feature holds, in a form that cmp can compare.
type list struct {
	Kind   string
	Bytes  []string
	Floats []uint32 // bits: NaN equals itself
	Ints   []int64
}

func contents(e *Example) map[string]list {
	m := map[string]list{}
	for v := range e.All() {
		l := list{Kind: v.Kind().String(), Ints: v.AppendInt64s(nil)}
		for _, b := range v.AppendBytes(nil) {
			l.Bytes = append(l.Bytes, string(b))
		}
		for _, x := range v.AppendFloats(nil) {
			l.Floats = append(l.Floats, math.Float32bits(x))
		}
		m[v.Name()] = l
	}
	return m
}

// The bytes of the package doc.
func TestAppendExampleBytes(t *testing.T) {
	got := hex.EncodeToString(AppendExample(nil, Int64Feature("height", 256)))
	const want = "0a12" + "0a10" + "0a06686569676874" + "1206" + "1a04" + "0a028002"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := hex.EncodeToString(AppendExample(nil)); got != "0a00" {
		t.Errorf("no features: %s", got)
	}
}

func TestAppendExampleIgnoresOrder(t *testing.T) {
	a, b := Int64Feature("a", 1, -1), BytesFeature("b", []byte("x"), nil)
	c, old := FloatFeature("c", 0.5), FloatFeature("b", 1)
	want := AppendExample(nil, a, b, c)
	for _, f := range [][]Feature{{c, b, a}, {b, c, a}, {old, c, b, a}, {a, old, b, c}} {
		if got := AppendExample(nil, f...); !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x", got, want)
		}
	}
	if got := AppendExample([]byte("prefix"), a); !bytes.HasPrefix(got, []byte("prefix\x0a")) {
		t.Errorf("not appended: %q", got)
	}
}

func drawFeature(rt *rapid.T) Feature {
	name := rapid.String().Draw(rt, "name")
	switch Kind(rapid.IntRange(0, 3).Draw(rt, "kind")) {
	case KindBytes:
		return BytesFeature(name, rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(rt, "bytes")...)
	case KindFloat:
		return FloatFeature(name, rapid.SliceOf(rapid.Float32()).Draw(rt, "floats")...)
	case KindInt64:
		return Int64Feature(name, rapid.SliceOf(rapid.Int64()).Draw(rt, "ints")...)
	}
	return Feature{Name: name}
}

// What is encoded is decoded, by this package and by the protocol buffer
// library, whose deterministic output is the same bytes.
func TestExampleRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		features := rapid.SliceOf(rapid.Custom(drawFeature)).Draw(rt, "features")
		b := AppendExample(nil, features...)
		e, err := ParseExample(b)
		if err != nil {
			rt.Fatal(err)
		}
		want := map[string]list{}
		for _, f := range features {
			l := list{Kind: f.kind.String(), Ints: f.ints}
			for _, b := range f.bytes {
				l.Bytes = append(l.Bytes, string(b))
			}
			for _, x := range f.floats {
				l.Floats = append(l.Floats, math.Float32bits(x))
			}
			want[f.Name] = l
		}
		if d := cmp.Diff(want, contents(e), cmpopts.EquateEmpty()); d != "" {
			rt.Fatal(d)
		}
		m := dynamicpb.NewMessage(exampleDescriptor)
		if err := proto.Unmarshal(b, m); err != nil {
			rt.Fatal(err)
		}
		theirs, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(theirs, b) && len(features) > 0 {
			rt.Fatalf("got %x, the protocol buffer library writes %x", b, theirs)
		}
	})
}

// message builds wire data field by field.
type message []byte

func (m message) bytes(num protowire.Number, b ...byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, num, protowire.BytesType), b)
}

func (m message) varint(num protowire.Number, v uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, num, protowire.VarintType), v)
}

func (m message) fixed32(num protowire.Number, v uint32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, num, protowire.Fixed32Type), v)
}

func (m message) group(num protowire.Number, body ...byte) message {
	return protowire.AppendGroup(protowire.AppendTag(m, num, protowire.StartGroupType), num, body)
}

// example wraps a Feature message as feature "x" of an Example.
func example(feature message) message {
	return message{}.bytes(1, message{}.bytes(1, entry("x", feature)...)...)
}

func entry(name string, feature message) message {
	return message{}.bytes(1, []byte(name)...).bytes(2, feature...)
}

// odd are messages that are valid although no program here writes them.
func odd() map[string]message {
	ints := func(m message) message { return message{}.bytes(3, m...) }
	one := ints(message{}.bytes(1, 1))
	two := message{}.bytes(1, []byte("two")...)
	return map[string]message{
		"empty message":   {},
		"unpacked ints":   example(ints(message{}.varint(1, 7).varint(1, math.MaxUint64))),
		"mixed ints":      example(ints(message{}.varint(1, 7).bytes(1, 8, 9).varint(1, 10))),
		"empty packed":    example(ints(message{}.bytes(1))),
		"unpacked floats": example(message{}.bytes(2, message{}.fixed32(1, 0x3f800000).fixed32(1, 0x7fc00001)...)),
		"wrong wire type": example(ints(message{}.fixed32(1, 5).varint(1, 6))),
		"bytes as varint": example(message{}.bytes(1, message{}.varint(1, 5)...)),
		"unknown fields": message{}.varint(9, 1).bytes(1,
			message{}.fixed32(7, 1).bytes(1, entry("x", one).bytes(5, 1, 2)...).bytes(2, 0xff)...).group(3, 8, 1),
		"repeated key":        message{}.bytes(1, message{}.bytes(1, entry("x", one)...).bytes(1, entry("x", message{}.bytes(1, two...))...)...),
		"repeated unsorted":   message{}.bytes(1, message{}.bytes(1, entry("x", one)...).bytes(1, entry("a", one)...).bytes(1, entry("x", nil)...)...),
		"two Features":        append(example(one), message{}.bytes(1, message{}.bytes(1, entry("y", one)...)...)...),
		"entry without key":   message{}.bytes(1, message{}.bytes(1, message{}.bytes(2, one...)...)...),
		"entry without value": message{}.bytes(1, message{}.bytes(1, message{}.bytes(1, 'x')...)...),
		"empty entry":         message{}.bytes(1, message{}.bytes(1)...),
		"value before key":    message{}.bytes(1, message{}.bytes(1, message{}.bytes(2, one...).bytes(1, 'x')...)...),
		"value in pieces":     message{}.bytes(1, message{}.bytes(1, entry("x", one).bytes(2, one...).bytes(2, one...)...)...),
		"list in pieces":      example(append(append(bytes.Clone(one), one...), one...)),
		"two kinds":           example(append(append(bytes.Clone(one), message{}.bytes(1, two...)...), one...)),
	}
}

// malformed are messages that no parser accepts.
func malformed() map[string]message {
	return map[string]message{
		"cut tag":               {0x80},
		"cut length":            {0x0a, 0x80},
		"length past the end":   {0x0a, 5, 0},
		"huge length":           {0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"field number 0":        {0x02, 0},
		"field number too high": protowire.AppendVarint(nil, (1<<29)<<3),
		"wire type 7":           {0x0f},
		"lonely end group":      {0x0c},
		"open group":            {0x0b},
		"overlong varint":       message{}.bytes(1, append(bytes.Repeat([]byte{0xff}, 10), 1)...),
		"floats of 5 bytes":     example(message{}.bytes(2, message{}.bytes(1, 1, 2, 3, 4, 5)...)),
		"cut packed int":        example(message{}.bytes(3, message{}.bytes(1, 1, 0x80)...)),
		"overlong packed int":   example(message{}.bytes(3, message{}.bytes(1, append(bytes.Repeat([]byte{0xff}, 10), 1)...)...)),
		"bad list that loses":   example(message{}.bytes(3, message{}.bytes(1, 0x80)...).bytes(1)),
		"name not UTF-8":        message{}.bytes(1, message{}.bytes(1, entry("\xff", nil)...)...),
	}
}

func TestParseOddExamples(t *testing.T) {
	for name, b := range odd() {
		t.Run(name, func(t *testing.T) { checkAgainstProto(t, b) })
	}
	e, err := ParseExample(odd()["value in pieces"])
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := e.Lookup("x"); !ok || v.Len() != 3 || v.Kind() != KindInt64 {
		t.Errorf("value in pieces: %+v", v)
	}
}

// A key of the wrong wire type is an unknown field and leaves the key alone.
func TestParseKeyOfWrongType(t *testing.T) {
	e, err := ParseExample(message{}.bytes(1, message{}.bytes(1, entry("x", nil).fixed32(1, 5)...)...))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := e.Lookup("x"); !ok || e.Len() != 1 {
		t.Errorf("features %v", contents(e))
	}
}

func TestParseMalformedExamples(t *testing.T) {
	for name, b := range malformed() {
		t.Run(name, func(t *testing.T) {
			checkAgainstProto(t, b)
			e := new(Example)
			if err := e.Parse(b); !errors.Is(err, ErrCorrupt) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line that is ErrCorrupt", err)
			}
			if e.Len() != 0 {
				t.Errorf("%d features after an error", e.Len())
			}
		})
	}
}

func TestParseTruncatedExample(t *testing.T) {
	b := AppendExample(nil, Int64Feature("a", 1, 1<<40), FloatFeature("b", 1, 2), BytesFeature("c", []byte("xyz")))
	for n := range len(b) {
		checkAgainstProto(t, b[:n])
		if _, err := ParseExample(b[:n]); n > 0 && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

func TestLookups(t *testing.T) {
	e, err := ParseExample(AppendExample(nil, Int64Feature("i", -3), FloatFeature("f", 1.5),
		BytesFeature("b", []byte("v")), BytesFeature("b2", nil, nil), Int64Feature("i0"), Feature{Name: "none"}))
	if err != nil {
		t.Fatal(err)
	}
	if x, ok := e.Int64("i"); !ok || x != -3 {
		t.Errorf("Int64: %v, %v", x, ok)
	}
	if x, ok := e.Float("f"); !ok || x != 1.5 {
		t.Errorf("Float: %v, %v", x, ok)
	}
	if x, ok := e.Bytes("b"); !ok || string(x) != "v" {
		t.Errorf("Bytes: %q, %v", x, ok)
	}
	for _, name := range []string{"", "a", "b2", "i0", "none", "zzz"} {
		_, b := e.Bytes(name)
		_, f := e.Float(name)
		_, i := e.Int64(name)
		if b || f || i {
			t.Errorf("%q is a single value", name)
		}
	}
	if _, ok := e.Bytes("i"); ok {
		t.Error("an int64 feature is bytes")
	}
	if v, ok := e.Lookup("none"); !ok || v.Kind() != KindEmpty || v.Len() != 0 {
		t.Errorf("an empty feature: %+v, %v", v, ok)
	}
}

func TestParseDoesNotCopy(t *testing.T) {
	b := AppendExample(nil, BytesFeature("b", []byte("pixels")))
	e, err := ParseExample(b)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := e.Bytes("b")
	v[0] = 'P'
	if !bytes.Contains(b, []byte("Pixels")) {
		t.Error("the value was copied")
	}
	if cap(v) != len(v) {
		t.Error("appending to a value would overwrite the record")
	}
}

func TestExampleAllocates(t *testing.T) {
	pixels := make([]byte, 1000)
	buf := make([]byte, 0, 2000)
	var e Example
	if n := testing.AllocsPerRun(100, func() {
		buf = AppendExample(buf[:0], BytesFeature("image_raw", pixels), Int64Feature("height", 10), FloatFeature("f", 1, 2))
		if err := e.Parse(buf); err != nil {
			t.Fatal(err)
		}
		if _, ok := e.Int64("height"); !ok {
			t.Fatal("no height")
		}
		if b, ok := e.Bytes("image_raw"); !ok || len(b) != len(pixels) {
			t.Fatal("no image_raw")
		}
	}); n != 0 {
		t.Errorf("encoding and parsing allocate %v times", n)
	}
}
