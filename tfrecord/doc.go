// Package tfrecord reads and writes TFRecord files and the tf.train.Example
// messages inside them, as TensorFlow does.
//
// What lives here: the framing of records, its checksums, gzip, and the wire format of
// tf.train.Example. What never enters: Beam, Parquet, Gorgonia, networks, files, flags,
// printing, model, transforms, pipelines; what the features mean (images are package
// transforms/data/records), and what a shard is called.
//
// # File format
//
// A file is a sequence of records without a header, an index or padding. All
// integers are little-endian. A record is framed as
//
//	+---------------------+----------------+---------- ... -----+----------------+
//	| length L   (8 bytes)| CRC of length  | data               | CRC of data    |
//	| uint64              | (4 bytes)      | (L bytes)          | (4 bytes)      |
//	+---------------------+----------------+---------- ... -----+----------------+
//	0                     8                12                   12+L             16+L
//
// The offset of a record is that of the first byte of its length. The file ends
// cleanly after the CRC of the data of some record, or at byte 0.
//
// Both checksums are masked CRC-32C. With crc the CRC-32C (Castagnoli
// polynomial 0x1EDC6F41, reflected, as in iSCSI) of the 8 bytes of the length,
// or of the data,
//
//	masked = (crc rotated right by 15 bits) + 0xA282EAD8   (mod 2^32)
//
// The mask keeps the CRC of data that itself contains CRCs from being trivial.
//
// # Compression
//
// A compressed file is the whole sequence inside gzip (RFC 1952), possibly of
// several members. Offsets then count bytes of the uncompressed sequence. The
// reader tells the two apart by content: a file whose first 12 bytes are a
// length with its right CRC is plain, even if they begin like gzip (the length
// 559903 does); otherwise the bytes 1F 8B 08 mean gzip. Only an empty file is told by its
// name: one that ends in .gz was cut off, any other is a file of no records.
//
// # Damage
//
// Every error that comes of the bytes of a file is a [*CorruptError] and is
// found with errors.Is(err, [ErrCorrupt]); an error of the disk or the network
// below is not. The format has no marker at which a reader could start again
// after damage: bytes that look like a length with the right CRC may well lie
// inside an image. So a reader never searches for one. It stops at the first
// damaged record and returns the same error from then on.
//
// # tf.train.Example
//
// The data of a record is, by convention, one protocol buffer message:
//
//	message BytesList { repeated bytes value = 1; }
//	message FloatList { repeated float value = 1 [packed = true]; }
//	message Int64List { repeated int64 value = 1 [packed = true]; }
//	message Feature {
//	  oneof kind {
//	    BytesList bytes_list = 1;
//	    FloatList float_list = 2;
//	    Int64List int64_list = 3;
//	  }
//	}
//	message Features { map<string, Feature> feature = 1; }
//	message Example  { Features features = 1; }
//
// for which the bytes of an Example with one int64 feature "height" = 256 are
//
//	0A 12                             features
//	  0A 10                           map entry
//	    0A 06 68 65 69 67 68 74       key "height"
//	    12 06                         value
//	      1A 04                       int64_list
//	        0A 02 80 02               packed values: 256
//
// [AppendExample] writes features sorted by name, so that equal contents are
// equal bytes. [Example.Parse] accepts everything that a protocol buffer parser
// accepts: any order, packed and unpacked lists, unknown fields, repeated map
// keys (the last wins) and messages in several pieces (they are merged).
package tfrecord
