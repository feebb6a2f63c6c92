"""Gray crops of 12 bits in uint16, some overexposed: the quality gate finds these and no other,
none is picked, --bits=8 uses 256 levels, and a model beats the mean image, with no flag that names
the range."""

import argparse
import csv
import json
import pathlib

import numpy as np

import channels
from check import require
from check_channels import records, run

NUMBER, OVER = 400, 10


def beaten(folder):
    """How many times smaller the model's mean squared error is than that of the mean image."""
    metrics = json.loads((folder / "model.json").read_text())["training"]["metrics"]
    return metrics["mean_image_mse"] / metrics["reconstruction_mse"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the program exemplar")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the files")
    args = parser.parse_args()
    binary, out = args.bin / "exemplar", args.output
    over, pixels = channels.crops(out / "crops", NUMBER, OVER)

    run(binary, "shard", f"--input={out / 'crops'}", f"--output={out / 'shards'}", "--shards=2")
    full = json.loads((out / "shards" / "shards.json").read_text()).get("full_scale")
    require(full == channels.FULL, f"full_scale is {full}")
    run(binary, "train", f"--input={out / 'shards'}", "--arch=linear", "--latent=32", f"--output={out / 'model'}")
    run(binary, "encode", f"--input={out / 'shards'}", f"--model={out / 'model'}", f"--output={out / 'latents'}")
    run(binary, "select", f"--input={out / 'latents'}", f"--shards={out / 'shards'}", "--clusters=4", "--top=20", f"--output={out / 'selection'}")
    require(beaten(out / "model") >= 5, f"the mean image has {beaten(out / 'model'):.1f} times the error of the model")
    exclusions = json.loads((out / "selection" / "selection.json").read_text()).get("exclusions", [])
    got = {e["image_id"] for e in exclusions if e["reason"] == "saturated"}
    require(got == over, f"the gate finds {sorted(got)} overexposed, want {sorted(over)}")
    with open(out / "selection" / "selection.csv", newline="", encoding="utf-8") as f:
        picks = {row["image_id"] for row in csv.DictReader(f)}
    require(len(picks) > 50 and not picks & over, f"of {len(picks)} picks are overexposed: {sorted(picks & over)}")

    run(binary, "shard", f"--input={out / 'crops'}", f"--output={out / 'eight'}", "--shards=2", "--bits=8")
    levels = set()
    for r in records(out / "eight"):
        got = np.frombuffer(r["image_raw"], np.uint8)
        want = (pixels[int(r["filename"][1:5])].ravel().astype(np.int64) * 510 + channels.FULL) // (2 * channels.FULL)  # rounded
        require(np.array_equal(got, want), f"--bits=8: other pixels of {r['filename'].decode()}")
        levels.update(got.tolist())
    require(levels == set(range(256)), f"--bits=8 uses {len(levels)} levels")

    print(f"12 bits in 16: {len(over)} of {NUMBER} are excluded as overexposed, none of {len(picks)} picks, {len(levels)} levels with --bits=8, "
          f"{beaten(out / 'model'):.0f} times better than the mean image")


if __name__ == "__main__":
    main()
