"""Recomputes a selection from the Parquet files alone, in numpy float64: every
distance, the rank of every pick, its percentile and its margin, and that each
centre is the mean of its group.
"""

import argparse
import json
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from check import require

TOLERANCE = 1e-9  # relative, float64 sums of float32 values


def distances(z, center, metric):
    if metric == "euclidean":
        return np.sqrt(((z - center) ** 2).sum(axis=1))
    return 1 - z @ center / (np.linalg.norm(z, axis=1) * np.linalg.norm(center))


def close(a, b):
    """Elementwise closeness that NaN fails."""
    return np.all(np.abs(a - b) <= TOLERANCE * np.maximum(1, np.abs(b)))


def groups(scope, z, label, centers):
    """The group of every row: its index in centers."""
    if scope == "global":
        return np.zeros(len(z), dtype=int)
    if scope == "label":
        order = {c["group_id"]: i for i, c in enumerate(centers)}
        return np.array([order.get(l, -1) for l in label])
    c = np.array([c["embedding"] for c in centers])
    return np.array([((row - c) ** 2).sum(axis=1).argmin() for row in z])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latents", type=pathlib.Path, required=True)
    parser.add_argument("--selection", type=pathlib.Path, required=True)
    args = parser.parse_args()

    manifest = json.loads((args.selection / "selection.json").read_text())
    parameters = manifest["parameters"]
    metric = parameters["metric"]
    files = sorted(args.latents.glob("latents-*.parquet"))
    table = pa.concat_tables(pq.read_table(f, columns=["image_id", "embedding", "label"]) for f in files)
    excluded = {e["image_id"] for e in manifest["exclusions"]}
    keep = [i for i, name in enumerate(table["image_id"].to_pylist()) if name not in excluded]
    table = table.take(keep)
    ids = np.array(table["image_id"].to_pylist())
    z = np.array(table["embedding"].to_pylist(), dtype=np.float64)
    require(len(z) == manifest["eligible"], f"{len(z)} images are eligible, manifest says {manifest['eligible']}")

    centers = pq.read_table(args.selection / "centers.parquet").to_pylist()
    picks = pq.read_table(args.selection / "selection.parquet").to_pylist()
    require(len(centers) == manifest["groups"], f"{len(centers)} centres, manifest says {manifest['groups']}")
    group = groups(parameters["scope"], z, table["label"].to_pylist(), centers)
    checked = 0
    for number, row in enumerate(centers):
        name = f"group {row['group_id']}"
        member, center = group == number, np.array(row["embedding"])
        size = int(member.sum())
        require(size == row["group_size"], f"{name} has {size} images, centers.parquet says {row['group_size']}")
        require(close(center, z[member].mean(axis=0)), f"{name}: the centre is not the mean of its images")
        d = distances(z[member], center, metric)
        order = np.lexsort((ids[member], d))
        mine = sorted((p for p in picks if p["group_id"] == row["group_id"]), key=lambda p: p["rank"])
        require(len(mine) == min(size, parameters["per_cluster"]), f"{name}: {len(mine)} picks of {size} images")
        for rank, pick in enumerate(mine, 1):
            what = f"{name}, rank {rank}, {pick['image_id']}"
            i = order[rank - 1]
            require(pick["rank"] == rank, f"{what}: rank {pick['rank']}")
            require(pick["group_size"] == size, f"{what}: group size {pick['group_size']}")
            require(close(pick["distance"], d[i]), f"{what}: distance {pick['distance']}, recomputed {d[i]}")
            near = np.isclose(d, d[i], rtol=TOLERANCE, atol=TOLERANCE)
            require(pick["image_id"] in ids[member][near], f"{what}: {ids[member][i]} is nearer")
            require(close(pick["percentile"], 100 * rank / size), f"{what}: percentile {pick['percentile']}")
            if rank < size:
                margin = d[order[rank]] - d[i]
                require(close(pick["margin"], margin), f"{what}: margin {pick['margin']}, recomputed {margin}")
            checked += 1
    require(checked == len(picks) == manifest["picks"] > 0, f"{checked} picks checked of {len(picks)}")
    print(f"numpy {np.__version__}: {len(centers)} centres and {checked} picks recomputed from {len(z)} latents")


if __name__ == "__main__":
    main()
