"""Joins the training and the test digits of MNIST into one IDX file of images and
one of labels."""

import argparse
import gzip
import pathlib
import struct

PARTS = ("train", "t10k")
KINDS = {"images-idx3-ubyte": 16, "labels-idx1-ubyte": 8}  # bytes of the header


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    for kind, header in KINDS.items():
        parts = [gzip.decompress((args.mnist / f"{part}-{kind}.gz").read_bytes()) for part in PARTS]
        count = sum(struct.unpack(">I", part[4:8])[0] for part in parts)
        joined = parts[0][:4] + struct.pack(">I", count) + parts[0][8:header] + b"".join(part[header:] for part in parts)
        (args.output / kind).write_bytes(joined)


if __name__ == "__main__":
    main()
