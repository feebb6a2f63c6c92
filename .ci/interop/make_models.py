"""Writes models with random weights for check_exports.py, and images for them.

    OUTPUT/dense/   encoder.npz, decoder.npz of the preset dense-784-128-64-12-2
    OUTPUT/odd/     the same and arch.json: convolutions over images whose sides
                    are no multiples of anything, RGB, 16 bits, every activation
    OUTPUT/range/   the same: pixels in [-1,1]
    OUTPUT/linear/  the same: resampling from and to such sides, nearest
    OUTPUT/five/    the same: 5 channels, of 12 bits in 16
    OUTPUT/images/  TIFFs for those but dense and five
    OUTPUT/stacks/  TIFFs of 5 channels for five
"""

import argparse
import json
import pathlib

import numpy as np
import tifffile

HEIGHT, WIDTH, CHANNELS, IMAGES = 29, 37, 3, 70
FIVE, FULL = 5, 4095
INPUT = {"height": HEIGHT, "width": WIDTH, "channels": CHANNELS, "bits": 16}


def write(path, rng, shapes):
    """Writes kernels of these shapes and biases; arrays keep their order."""
    arrays = {}
    for layer, (shape, units) in enumerate(shapes):
        fan_in = np.prod(shape) / units
        arrays[f"k{layer}.kernel"] = rng.normal(0, 1.4 / np.sqrt(fan_in), shape).astype("f4")
        arrays[f"k{layer}.bias"] = rng.normal(0, 0.1, units).astype("f4")
    np.savez(path, **arrays)


def dense(sizes):
    return [((a, b), b) for a, b in zip(sizes, sizes[1:])]


def conv(filters, latent, channels=CHANNELS):
    """Two convolutions a stage; the decoder begins at the sides halved as often,
    rounded up."""
    encoder, decoder, at = [], [], channels
    for f in filters:
        encoder += [((3, 3, at, f), f), ((3, 3, f, f), f)]
        at = f
    n = len(filters)
    encoder += dense([(HEIGHT >> n) * (WIDTH >> n) * at, latent])
    decoder += dense([latent, -(-HEIGHT >> n) * -(-WIDTH >> n) * at])
    for f in reversed(filters):
        decoder += [((3, 3, f, at), f), ((3, 3, f, f), f)]
        at = f
    return encoder, decoder + [((3, 3, at, channels), channels)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    args = parser.parse_args()
    rng = np.random.default_rng(4)
    for folder in ("dense", "odd", "range", "linear", "five", "images", "stacks"):
        (args.output / folder).mkdir(parents=True)

    stack = [28 * 28, 128, 64, 12, 2]
    models = {"dense": (None, dense(stack), dense(stack[::-1]))}
    activations = {"hidden": "relu", "latent": "tanh", "expand": "relu", "output": "sigmoid"}
    filters, latent = [5, 18, 7], 11
    arch = {"family": "conv", "input": INPUT, "latent": latent, "filters": filters, "convs_per_stage": 2, "activations": activations}
    models["odd"] = (arch, *conv(filters, latent))
    five = {**arch, "input": {**INPUT, "channels": FIVE, "full_scale": FULL}}
    ranged = {**INPUT, "scale": "symmetric"}
    arch = {**arch, "input": ranged, "filters": [6], "activations": {**activations, "output": "tanh"}}
    models["range"] = (arch, *conv(arch["filters"], latent))
    work = {"height": 10, "width": 9}
    arch = {"family": "linear", "input": INPUT, "latent": latent, "working": work, "upsample": "nearest"}
    size = work["height"] * work["width"] * CHANNELS
    models["linear"] = (arch, dense([size, latent]), dense([latent, size]))
    models["five"] = (five, *conv(filters, latent, FIVE))
    for name, (arch, encoder, decoder) in models.items():
        if arch:
            (args.output / name / "arch.json").write_text(json.dumps(arch))
        write(args.output / name / "encoder.npz", rng, encoder)
        write(args.output / name / "decoder.npz", rng, decoder)

    for i in range(IMAGES):
        pixels = rng.integers(0, rng.integers(1, 1 << 16), (HEIGHT, WIDTH, CHANNELS), endpoint=True)
        tifffile.imwrite(args.output / "images" / f"{i:02}.tif", pixels.astype("<u2"), photometric="rgb")
        pixels = rng.integers(0, rng.integers(1, FULL), (HEIGHT, WIDTH, FIVE), endpoint=True)
        tifffile.imwrite(args.output / "stacks" / f"{i:02}.tif", pixels.astype("<u2"), photometric="minisblack", planarconfig="contig")


if __name__ == "__main__":
    main()
