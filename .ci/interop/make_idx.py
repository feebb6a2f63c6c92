#!/usr/bin/env python3
"""Writes an IDX file of drawn images: bright ellipses of any place, size and texture."""

import argparse
import pathlib
import random
import struct

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--side", type=int, required=True)
parser.add_argument("--images", type=int, required=True)
parser.add_argument("output", type=pathlib.Path)
args = parser.parse_args()

draw, n = random.Random(args.side * args.images), args.side
pixels = bytearray()
for _ in range(args.images):
    x0, y0, a, b = (n * draw.uniform(*r) for r in ((0.4, 0.6), (0.4, 0.6), (0.15, 0.4), (0.1, 0.3)))
    for y in range(n):
        for x in range(n):
            inside = ((x - x0) / a) ** 2 + ((y - y0) / b) ** 2 < 1
            pixels.append(120 + draw.randrange(100) if inside else draw.randrange(8))
args.output.write_bytes(struct.pack(">4I", 0x803, args.images, n, n) + pixels)
