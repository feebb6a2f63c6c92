"""Recomputes a selection from the Parquet files alone, in numpy float64: the
groups of every scope, every center by a solver of its own, every distance, the
rank of every pick, its percentile and its margin. With --report it prints, for
each group, how far the centers are from its own.
"""

import argparse
import json
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from check import require

TOLERANCE = 1e-9  # relative, float64 sums of float32 values
GAP = 1e-5  # relative difference of two distances above which their order is exact


def distances(z, center, metric):
    if metric == "euclidean":
        return np.sqrt(((z - center) ** 2).sum(axis=1))
    return 1 - z @ center / (np.linalg.norm(z, axis=1) * np.linalg.norm(center))


def close(a, b):
    """Elementwise closeness that NaN fails."""
    return np.all(np.abs(a - b) <= TOLERANCE * np.maximum(1, np.abs(b)))


def geometric_median(z):
    """Weiszfeld's iteration from the median, to the limits of float64; a row that
    fulfils the condition of optimality ends it."""
    y = np.median(z, axis=0)
    for _ in range(20000):
        d = distances(z, y, "euclidean")
        nearest = z[d.argmin()]
        away = np.any(z != nearest, axis=1)
        if away.any():
            rest = z[away] - nearest
            pull = (rest / np.linalg.norm(rest, axis=1)[:, None]).sum(axis=0)
            if np.linalg.norm(pull) <= (~away).sum():
                return nearest
        else:
            return nearest
        w = 1 / np.maximum(d, 1e-300)
        step = (w[:, None] * z).sum(axis=0) / w.sum() - y
        y = y + step
        if np.linalg.norm(step) <= 1e-14 * np.linalg.norm(y):
            break
    return y


def medoid(z, candidates):
    """The row with the smallest sum of distances among those nearest to the
    geometric median."""
    near = np.argsort(distances(z, geometric_median(z), "euclidean"), kind="stable")[:candidates]
    sums = [distances(z, z[i], "euclidean").sum() for i in near]
    return z[near[int(np.argmin(sums))]]


def clusters(z, kmeans):
    """The cluster of every row: the nearest k-means center."""
    c = np.array(kmeans)
    return np.array([((row - c) ** 2).sum(axis=1).argmin() for row in z])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latents", type=pathlib.Path, required=True)
    parser.add_argument("--selection", type=pathlib.Path, required=True)
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args()

    manifest = json.loads((args.selection / "selection.json").read_text())
    parameters = manifest["parameters"]
    files = sorted(args.latents.glob("latents-*.parquet"))
    columns = ["image_id", "embedding", "label"] + manifest.get("metadata", [])
    table = pa.concat_tables(pq.read_table(f, columns=columns) for f in files)
    excluded = {e["image_id"] for e in manifest["exclusions"]}
    keep = [i for i, name in enumerate(table["image_id"].to_pylist()) if name not in excluded]
    table = table.take(keep)
    ids = np.array(table["image_id"].to_pylist())
    z = table["embedding"].combine_chunks().flatten().to_numpy().astype(np.float64).reshape(len(ids), -1)
    require(len(z) == manifest["eligible"], f"{len(z)} images are eligible, manifest says {manifest['eligible']}")

    centers = pq.read_table(args.selection / "centers.parquet").to_pylist()
    picks = pq.read_table(args.selection / "selection.parquet").to_pylist()
    by_target = {}
    for p in picks:
        by_target.setdefault((p["scope"], p["group_id"], p["center"], p["metric"]), []).append(p)
    archive = np.load(args.selection / "latent_centers.npz")
    checked = ties = 0
    for scope in parameters["scopes"]:
        mine = [c for c in centers if c["scope"] == scope]
        names = list(dict.fromkeys(c["group_id"] for c in mine))
        if scope == "global":
            values = np.array(["all"] * len(z))
        elif scope == "cluster":
            number = clusters(z, [c["embedding"] for c in mine if c["center"] == "kmeans"])
            values = np.array(names)[number]
        else:
            values = np.array([v or "" for v in table[scope].to_pylist()])
        prefix = f"{scope}/" if len(parameters["scopes"]) > 1 else ""
        require(archive[prefix + "group_id"].tolist() == names, f"groups of {scope} in the NumPy archive")
        require(sorted(set(values) - {""}) == sorted(names), f"scope {scope} has groups {names}")
        for row in mine:
            member, center = values == row["group_id"], np.array(row["embedding"])
            name, kind, size = f"{scope} {row['group_id']}", row["center"], int(member.sum())
            require(np.array_equal(archive[prefix + kind][names.index(row["group_id"])], center), f"{name}: {kind} in the NumPy archive")
            require(size == row["group_size"], f"{name} has {size} images, centers.parquet says {row['group_size']}")
            x = z[member]
            want = {
                "kmeans": lambda: x.mean(axis=0),
                "mean": lambda: x.mean(axis=0),
                "median": lambda: np.median(x, axis=0),
                "geometric_median": lambda: geometric_median(x),
                "medoid": lambda: medoid(x, manifest["centering"]["medoid_candidates"]),
            }[kind]()
            off = np.linalg.norm(center - want) / max(np.linalg.norm(want), np.finfo(float).tiny)
            if args.report and kind != "kmeans":
                print(f"{name}: {kind} of {size} images differs by {off:.1e} of its length")
            exact = kind in ("median", "medoid")
            require(np.array_equal(center, want) if exact else off <= TOLERANCE, f"{name}: {kind} differs by {off} of its length")
            if kind not in parameters["centers"]:
                continue
            for metric in parameters["metrics"]:
                d = distances(x, center, metric)
                order = np.lexsort((ids[member], d))
                got = by_target.pop((scope, row["group_id"], kind, metric))
                require(len(got) == min(size, parameters["top"]), f"{name}: {len(got)} picks of {size} images")
                for rank, pick in enumerate(got, 1):
                    what = f"{name}, {kind}, {metric}, rank {rank}, {pick['image_id']}"
                    i = order[rank - 1]
                    require(pick["rank"] == rank, f"{what}: rank {pick['rank']}")
                    require(pick["group_size"] == size, f"{what}: group size {pick['group_size']}")
                    require(close(pick["distance"], d[i]), f"{what}: distance {pick['distance']}, recomputed {d[i]}")
                    near = np.abs(d - d[i]) <= GAP * d[i] + 1e-15
                    require(pick["image_id"] in ids[member][near], f"{what}: {ids[member][i]} is nearer")
                    ties += int(near.sum() > 1)
                    require(close(pick["percentile"], 100 * rank / size), f"{what}: percentile {pick['percentile']}")
                    if rank < size:
                        margin = d[order[rank]] - d[i]
                        require(close(pick["margin"], margin), f"{what}: margin {pick['margin']}, recomputed {margin}")
                    else:
                        require(pick["next_image_id"] == "", f"{what}: nothing follows")
                    checked += 1
    require(not by_target, f"picks of unknown groups: {list(by_target)}")
    require(checked == len(picks) == manifest["picks"] > 0, f"{checked} picks checked of {len(picks)}")
    print(f"numpy {np.__version__}: {len(centers)} centers and {checked} picks recomputed from {len(z)} latents; "
          f"{ties} picks have others within {GAP:g} of their distance")


if __name__ == "__main__":
    main()
