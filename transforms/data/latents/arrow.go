package latents

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"

	flatbuffers "github.com/google/flatbuffers/go"
)

// The hint under the footer key ARROW:schema is an Arrow schema as readers
// built on Arrow look for it: the base64 of one encapsulated IPC message. It
// tells them what Parquet cannot: that every list of the embedding has the same
// length. The message is (Arrow columnar format, "Serialization and IPC", and
// format/Message.fbs, format/Schema.fbs):
//
//	0xFFFFFFFF  int32 little-endian: bytes of the flatbuffer with its padding
//	flatbuffer  Message, zero-padded to a multiple of 8 bytes
//
//	Message     0 version:short  1 header_type:ubyte  2 header  3 bodyLength:long
//	Schema      0 endianness:short  1 fields:[Field]  2 custom_metadata:[KeyValue]
//	KeyValue    0 key:string  1 value:string
//	Field       0 name:string  1 nullable:bool  2 type_type:ubyte  3 type
//	            4 dictionary  5 children:[Field]
//	Int         0 bitWidth:int  1 is_signed:bool
//	FloatingPoint  0 precision:short        Utf8  no fields
//	FixedSizeList  0 listSize:int, one child
//
// The numbers before the names are the slots of the flatbuffer tables.
const (
	arrowV5           = 4 // MetadataVersion.V5
	arrowHeaderSchema = 1 // MessageHeader.Schema
	arrowSingle       = 1 // Precision.SINGLE

	arrowInt           = 2 // members of the union Type
	arrowFloat         = 3
	arrowUtf8          = 5
	arrowFixedSizeList = 16
)

// arrowSchema returns the value of the footer key ARROW:schema for the columns.
// The other footer keys are in it too, since pyarrow takes a table's metadata
// from here alone: so they outlive a rewrite by pyarrow or pandas.
func arrowSchema(cols []column, footer map[string]string) string {
	b := flatbuffers.NewBuilder(1024)
	fields := make([]flatbuffers.UOffsetT, len(cols))
	for i, c := range cols {
		fields[i] = arrowColumn(b, c)
	}
	vector := offsets(b, fields)
	metadata := arrowMetadata(b, footer)

	b.StartObject(4)
	b.PrependUOffsetTSlot(1, vector, 0)
	b.PrependUOffsetTSlot(2, metadata, 0)
	schema := b.EndObject()

	b.StartObject(5)
	b.PrependInt16Slot(0, arrowV5, 0)
	b.PrependByteSlot(1, arrowHeaderSchema, 0)
	b.PrependUOffsetTSlot(2, schema, 0)
	b.Finish(b.EndObject())

	body := b.FinishedBytes()
	padded := (len(body) + 7) &^ 7
	message := binary.LittleEndian.AppendUint32(nil, 0xFFFFFFFF)
	message = binary.LittleEndian.AppendUint32(message, uint32(padded))
	message = append(message, body...)
	message = append(message, make([]byte, padded-len(body))...)
	return base64.StdEncoding.EncodeToString(message)
}

// arrowMetadata adds the KeyValues of the footer, sorted by key.
func arrowMetadata(b *flatbuffers.Builder, footer map[string]string) flatbuffers.UOffsetT {
	var pairs []flatbuffers.UOffsetT
	for _, key := range slices.Sorted(maps.Keys(footer)) {
		k, v := b.CreateString(key), b.CreateString(footer[key])
		b.StartObject(2)
		b.PrependUOffsetTSlot(0, k, 0)
		b.PrependUOffsetTSlot(1, v, 0)
		pairs = append(pairs, b.EndObject())
	}
	return offsets(b, pairs)
}

// arrowColumn adds the Field of a column, with its child where it is a list.
func arrowColumn(b *flatbuffers.Builder, c column) flatbuffers.UOffsetT {
	if c.size == 0 {
		return arrowField(b, c.name, c.nullable, c.kind, 0, 0)
	}
	child := offsets(b, []flatbuffers.UOffsetT{arrowField(b, "element", false, c.kind, 0, 0)})
	return arrowField(b, c.name, c.nullable, c.kind, c.size, child)
}

// arrowField adds one Field: a list of the given size when size is positive.
func arrowField(b *flatbuffers.Builder, name string, nullable bool, k kind, size int, children flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	if size == 0 {
		children = offsets(b, nil) // readers want the vector, if empty
	}
	text := b.CreateString(name)
	member, typ := arrowType(b, k, size)

	b.StartObject(7)
	b.PrependUOffsetTSlot(0, text, 0)
	b.PrependBoolSlot(1, nullable, false)
	b.PrependByteSlot(2, member, 0)
	b.PrependUOffsetTSlot(3, typ, 0)
	b.PrependUOffsetTSlot(5, children, 0)
	return b.EndObject()
}

// arrowType adds the table of a type and returns its member of the union Type.
func arrowType(b *flatbuffers.Builder, k kind, size int) (byte, flatbuffers.UOffsetT) {
	if size > 0 {
		b.StartObject(1)
		b.PrependInt32Slot(0, int32(size), 0)
		return arrowFixedSizeList, b.EndObject()
	}
	switch k {
	case float32Column:
		b.StartObject(1)
		b.PrependInt16Slot(0, arrowSingle, 0)
		return arrowFloat, b.EndObject()
	case int32Column, int64Column:
		width := int32(32)
		if k == int64Column {
			width = 64
		}
		b.StartObject(2)
		b.PrependInt32Slot(0, width, 0)
		b.PrependBoolSlot(1, true, false)
		return arrowInt, b.EndObject()
	default:
		b.StartObject(0)
		return arrowUtf8, b.EndObject()
	}
}

// offsets adds a vector of references to tables.
func offsets(b *flatbuffers.Builder, tables []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	b.StartVector(4, len(tables), 4)
	for i := len(tables) - 1; i >= 0; i-- {
		b.PrependUOffsetT(tables[i])
	}
	return b.EndVector(len(tables))
}
