"""Programs that train elsewhere hold out the images that `train` holds out.

What examples/training-elsewhere/split.py says of ids of all lengths is what the project's
own test says of them in the golden file.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples/training-elsewhere"))

import split
from check import require


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--golden", type=pathlib.Path, required=True)
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


if __name__ == "__main__":
    main()
