"""The latents and reconstruction errors of the first 100 MNIST test digits equal
those of the study's weights, computed elsewhere in float64.
"""

import argparse
import json
import pathlib

import numpy as np
import pyarrow.parquet as pq

from check import require

MAX_LATENT, MAX_MSE = 5e-6, 1e-7


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latents", type=pathlib.Path, required=True)
    parser.add_argument("--reference", type=pathlib.Path, required=True)
    args = parser.parse_args()

    files = sorted(args.latents.glob("latents-*.parquet"))
    require(files, f"{args.latents} holds no latents")
    rows = {}
    for path in files:
        table = pq.read_table(path, columns=["image_id", "embedding", "mse"])
        for row in table.to_pylist():
            rows[int(row["image_id"].rsplit("/", 1)[1])] = row

    reference = json.loads(args.reference.read_text())
    want = np.array(reference["latents"])
    require(set(range(len(want))) <= set(rows), f"only {len(rows)} images in the latents")
    got = np.array([rows[i]["embedding"] for i in range(len(want))], dtype=np.float64)
    mse = np.array([rows[i]["mse"] for i in range(len(want))], dtype=np.float64)
    latent_error = np.abs(got - want).max()
    mse_error = np.abs(mse - np.array(reference["per_image_mse"])).max()
    print(f"first {len(want)} MNIST test digits: max |dz| {latent_error:.3g}, max |dMSE| {mse_error:.3g}")
    # Written so that NaN fails.
    require(latent_error <= MAX_LATENT, f"latents differ by more than {MAX_LATENT}")
    require(mse_error <= MAX_MSE, f"MSE differs by more than {MAX_MSE}")


if __name__ == "__main__":
    main()
