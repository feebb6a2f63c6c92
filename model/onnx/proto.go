package onnx

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"

	"exemplar/model/internal/safetensors"
)

// Versions of what is written.
const (
	irVersion = 8  // of the file format
	opset     = 17 // of the operators
)

// Element types of TensorProto.DataType.
const (
	typeFloat  = 1
	typeUint8  = 2
	typeUint16 = 4
	typeInt64  = 7
)

// message is an encoded protocol buffer message. Field numbers are those of
// onnx.proto3.
type message []byte

func (m *message) integer(field protowire.Number, v int64) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

func (m *message) bytes(field protowire.Number, v []byte) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, v)
}

func (m *message) text(field protowire.Number, v string) { m.bytes(field, []byte(v)) }

// tensor returns a TensorProto whose data is raw little-endian bytes.
func tensor(name string, kind int64, shape []int, raw []byte) message {
	m := make(message, 0, len(raw)+len(name)+64)
	for _, d := range shape {
		m.integer(1, int64(d)) // dims
	}
	m.integer(2, kind) // data_type
	m.text(8, name)    // name
	m.bytes(9, raw)    // raw_data
	return m
}

func floats(name string, shape []int, x []float32) message {
	return tensor(name, typeFloat, shape, safetensors.EncodeF32(x))
}

func integers(name string, x []int64) message {
	raw := make([]byte, 8*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint64(raw[8*i:], uint64(v))
	}
	return tensor(name, typeInt64, []int{len(x)}, raw)
}

// attribute is an AttributeProto: one integer, or a list of them.
type attribute struct {
	name string
	list bool
	ints []int64
}

func integer(name string, v int64) attribute        { return attribute{name, false, []int64{v}} }
func integerList(name string, v ...int64) attribute { return attribute{name, true, v} }

func (a attribute) encode() (m message) {
	const typeInt, typeInts = 2, 7
	m.text(1, a.name)
	if !a.list {
		m.integer(3, a.ints[0]) // i
		m.integer(20, typeInt)  // type
		return m
	}
	for _, v := range a.ints {
		m.integer(8, v) // ints
	}
	m.integer(20, typeInts)
	return m
}

// node is an operator with one output.
type node struct {
	op, name   string
	inputs     []string
	output     string
	attributes []attribute
}

// encode returns the NodeProto.
func (n node) encode() (m message) {
	for _, in := range n.inputs {
		m.text(1, in)
	}
	m.text(2, n.output)
	m.text(3, n.name)
	m.text(4, n.op) // op_type
	for _, a := range n.attributes {
		m.bytes(5, a.encode())
	}
	return m
}

// value is a graph's input or output; its first dimension is the batch.
type value struct {
	name  string
	kind  int64
	shape []int // without the batch
	doc   string
}

// encode returns the ValueInfoProto.
func (v value) encode() (m message) {
	var batch, shape, tensorType, valueType message
	batch.text(2, "N") // dim_param
	shape.bytes(1, batch)
	for _, d := range v.shape {
		var dim message
		dim.integer(1, int64(d)) // dim_value
		shape.bytes(1, dim)
	}
	tensorType.integer(1, v.kind) // elem_type
	tensorType.bytes(2, shape)
	valueType.bytes(1, tensorType)
	m.text(1, v.name)
	m.bytes(2, valueType)
	m.text(3, v.doc)
	return m
}

// graph is a graph of operators.
type graph struct {
	name            string
	inputs, outputs []value
	nodes           []node
	arrays          []message // TensorProtos
}

// size returns somewhat more than the bytes of the file that holds the graph.
func (g graph) size() int {
	size := 1<<16 + 1<<10*len(g.nodes)
	for _, w := range g.arrays {
		size += len(w)
	}
	return size
}

// encode returns the GraphProto.
func (g graph) encode() message {
	m := make(message, 0, g.size())
	for _, n := range g.nodes {
		m.bytes(1, n.encode())
	}
	m.text(2, g.name)
	for _, w := range g.arrays {
		m.bytes(5, w) // initializer
	}
	for _, v := range g.inputs {
		m.bytes(11, v.encode())
	}
	for _, v := range g.outputs {
		m.bytes(12, v.encode())
	}
	return m
}

// property is an entry of metadata_props.
type property struct{ key, value string }

// file returns the ModelProto of a graph.
func (g graph) file(version string, properties []property) []byte {
	body := g.encode()
	m := make(message, 0, len(body)+1<<10)
	m.integer(1, irVersion)
	m.text(2, "exemplar") // producer_name
	m.text(3, version)    // producer_version
	m.bytes(7, body)      // graph
	var operators message
	operators.text(1, "") // domain: the standard one
	operators.integer(2, opset)
	m.bytes(8, operators) // opset_import
	for _, p := range properties {
		var entry message
		entry.text(1, p.key)
		entry.text(2, p.value)
		m.bytes(14, entry)
	}
	return m
}
