"""Programs that train elsewhere hold out the images that `train` holds out, and read shards.

What examples/training-elsewhere/split.py says of ids of all lengths is what the project's
own test says of them in the golden file. Its reader finds every image of the shards, and
names the file and the record where any bit is flipped.
"""

import argparse
import json
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples/training-elsewhere"))

import shards
import split
import tfrecords
from check import require

FLIPS = 40


def check_reader(folder):
    """Reads all shards, and one of them with a flipped bit, many times."""
    manifest = json.loads((folder / "shards.json").read_text())
    images = shards.Collection(str(folder), 0.1, 0, 1, 1 << 30)
    counts = [images.count(part) for part in (shards.TRAIN, shards.HELD)]
    require(sum(counts) == manifest["written"], f"{counts} images are read, {manifest['written']} are there")
    whole, rng = images.files[0].path.read_bytes(), random.Random(1)
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "flipped.tfrecords"
        for _ in range(FLIPS):
            data, bit = bytearray(whole), rng.randrange(8 * len(whole))
            data[bit // 8] ^= 1 << bit % 8
            path.write_bytes(data)
            try:
                for _ in tfrecords.records(path):
                    pass
                said = "nothing"
            except SystemExit as e:
                said = str(e)
            require(f"{path}: record " in said, f"bit {bit} is flipped: {said}")
    print(f"a reader without TensorFlow: {counts[0]} images to train on and {counts[1]} held out; {FLIPS} of {FLIPS} flipped bits named")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--golden", type=pathlib.Path, required=True)
    parser.add_argument("--shards", type=pathlib.Path, required=True)
    args = parser.parse_args()

    held, lengths = [], 0
    for line in args.golden.read_text().splitlines():
        kind, rest = line.split(" ", 1)
        if kind == "held":
            held.append(rest)
            continue
        n, _, part, _, drawn = rest.split(" ")
        n = int(n)
        image_id = bytes((7 * i * i + 13 * i + n) % 251 for i in range(n))
        part, above = float(part), float(part) + 2**-53
        require(not split.held_out(image_id, part) and split.held_out(image_id, above), f"another part for an id of {n} bytes")
        require(split.draw(image_id, 1) == int(drawn, 16), f"another draw for an id of {n} bytes")
        lengths += 1
    ids = [f"plate ü/well {'ABCDEFGH'[i % 8]}{i % 12}/{i:04}.tif" for i in range(400)]
    require([i for i in ids if split.held_out(i.encode(), 0.1)] == held, "other images are held out")
    require(lengths > 200 and len(held) > 20, "the golden file holds too little")
    print(f"the split of programs that train elsewhere: {lengths} lengths of ids, {len(held)} of {len(ids)} images held out, as train has it")
    check_reader(args.shards)


if __name__ == "__main__":
    main()
