"""Recomputes a selection from the Parquet files alone, in numpy float64: the
groups of every scope, every center by a solver of its own, every distance, the
rank of every pick, its percentile and its margin, and every row of the files of
assignments where there are any. With --report it prints, for each group, how far
the centers are from its own.
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


def as_good(z, center, want):
    """Whether a geometric median is as good as another one, where there are several: every
    point between the two middle ones of an even number of rows on a line, as between two
    rows, has the smallest sum of distances."""
    line = len(z) % 2 == 0 and np.linalg.matrix_rank(z - z[0]) <= 1
    return line and close(distances(z, center, "euclidean").sum(), distances(z, want, "euclidean").sum())


def medoid(z, candidates):
    """The row with the smallest sum of distances among those nearest to the
    geometric median."""
    near = np.argsort(distances(z, geometric_median(z), "euclidean"), kind="stable")[:candidates]
    sums = [distances(z, z[i], "euclidean").sum() for i in near]
    return z[near[int(np.argmin(sums))]]


def equal_sum(z, center, want):
    """Whether a medoid is another row whose distances add up to as little, as each of two
    rows is."""
    return bool((z == center).all(axis=1).any()) and close(distances(z, center, "euclidean").sum(), distances(z, want, "euclidean").sum())


def clusters(z, centers):
    """The name of the cluster of every row: of the nearest k-means center."""
    mine = [c for c in centers if (c["scope"], c["center"]) == ("cluster", "kmeans")]
    c = np.array([c["embedding"] for c in mine])
    return np.array([mine[((row - c) ** 2).sum(axis=1).argmin()]["group_id"] for row in z])


def crossed(scope, table, z, centers):
    """The group of every row in a scope that crosses columns, or clusters with columns: its
    values, escaped, in the order of the scope; "" where one is missing."""
    parts = []
    for column in scope.split("*"):
        if column == "cluster":
            parts.append(["c" + name for name in clusters(z, centers)])
        else:
            parts.append([(v or "").replace("\\", "\\\\").replace("+", "\\+") for v in table[column].to_pylist()])
    return np.array(["+".join(row) if all(row) else "" for row in zip(*parts)])


def assigned(folder, manifest, ids, z, values, centers, picks):
    """Every row of the files of assignments: distances and percentiles, and the
    nearest pick among all of its scope. Returns how many rows there are."""
    parameters = manifest["parameters"]
    if not parameters.get("assignments"):
        require(not list(folder.glob("assignments-*")), "files of assignments that were not asked for")
        return 0
    names = [f["file"] for f in manifest["assignments"]["files"]]
    require(names == sorted(p.name for p in folder.glob("assignments-*.parquet")), f"the files of assignments are not {names}")
    tables = [pq.read_table(folder / name) for name in names]
    want = [(f, pa.string()) for f in ("image_id", "scope", "group_id", "center", "metric")]
    want += [(f, pa.float64()) for f in ("distance", "percentile")]
    want += [("nearest_pick", pa.string()), ("nearest_distance", pa.float64())]
    for name, table, counts in zip(names, tables, manifest["assignments"]["files"]):
        require([(f.name, f.type) for f in table.schema] == want, f"{name} has the columns {table.schema}")
        require(len(table) == counts["rows"], f"{name} has {len(table)} rows, the manifest says {counts['rows']}")
    table = pa.concat_tables(tables).to_pydict()
    place = {name: i for i, name in enumerate(ids)}
    rows = np.array([place[name] for name in table["image_id"]])
    column = {name: np.array(v) for name, v in table.items()}
    checked = 0
    for scope in parameters["scopes"]:
        for kind in parameters["centers"]:
            for metric in parameters["metrics"]:
                what = f"assignments of {scope} by {kind} and {metric}"
                mine = np.flatnonzero((column["scope"] == scope) & (column["center"] == kind) & (column["metric"] == metric))
                at, group = rows[mine], column["group_id"][mine]
                order = np.argsort(at)
                require(np.array_equal(at[order], np.flatnonzero(values[scope] != "")), f"{what}: not one for each image of a group")
                require(np.array_equal(group, values[scope][at]), f"{what}: a group is another one")
                d = np.zeros(len(at))
                for name in set(group):
                    d[group == name] = distances(z[at[group == name]], centers[scope, name, kind], metric)
                require(close(column["distance"][mine], d), f"{what}: a distance")
                for name in set(group):
                    inside = group == name
                    rank = np.empty(inside.sum())
                    rank[np.lexsort((ids[at[inside]], column["distance"][mine][inside]))] = np.arange(1, inside.sum() + 1)
                    require(close(column["percentile"][mine][inside], 100 * rank / inside.sum()), f"{what}: a percentile of {name}")
                chosen = sorted(p["image_id"] for p in picks if (p["scope"], p["center"], p["metric"]) == (scope, kind, metric))
                far = np.sqrt(np.array([((z[at] - z[place[name]]) ** 2).sum(axis=1) for name in chosen]))
                nearest = far.min(axis=0)
                require(close(column["nearest_distance"][mine], nearest), f"{what}: the distance to a nearest pick")
                said = np.array([chosen.index(name) for name in column["nearest_pick"][mine]])
                require(close(far[said, np.arange(len(at))], nearest), f"{what}: a nearest pick")
                first = (far <= nearest).argmax(axis=0)
                equal = far[said, np.arange(len(at))] == nearest
                require(np.all(said[equal] == first[equal]), f"{what}: a nearest pick is not the first by id")
                checked += len(mine)
    require(checked == len(rows) == manifest["assignments"]["rows"] > 0, f"{checked} rows of assignments checked of {len(rows)}")
    return checked


def weighted(picks, manifest, ids, z, values):
    """The weight of every pick: the share of the images of its scope's groups that are
    nearest to it, of equal picks to the first by id. Distances that rounding makes
    different may move an image to another pick that is as near."""
    place = {name: i for i, name in enumerate(ids)}
    sets = {}
    for p in picks:
        sets.setdefault((p["scope"], p["center"], p["metric"]), []).append(p)
        name = {"global": "all", "cluster": "c" + p["group_id"]}.get(p["scope"], p["scope"] + "=" + p["group_id"])
        require(p["group"] == name, f"the group of {p['image_id']} is {p['group']}, want {name}")
    for (scope, kind, metric), chosen in sets.items():
        chosen.sort(key=lambda p: p["image_id"])
        x = z[values[scope] != ""]
        far = np.array([((x - z[place[p["image_id"]]]) ** 2).sum(axis=1) for p in chosen])
        nearest = far.argmin(axis=0)
        two = np.sort(far, axis=0)[:2]
        close_ones = int((two[-1] - two[0] <= GAP * two[0]).sum()) if len(chosen) > 1 else 0
        for i, p in enumerate(chosen):
            n = p["weight"] * len(x)
            require(abs(n - round(n)) < 1e-6, f"weight {p['weight']} of {p['image_id']} is no share of {len(x)} images")
            off = abs(round(n) - int((nearest == i).sum()))
            require(off <= close_ones, f"weight of {p['image_id']} by {scope} {kind} {metric}: {round(n)} images, NumPy counts {(nearest == i).sum()}")
        total = sum(round(p["weight"] * len(x)) for p in chosen)
        require(total == len(x), f"the weights of {scope} {kind} {metric} are of {total} images, there are {len(x)}")


def representative(name, got, ids, d, center_size, whole):
    """The picks of a group that were chosen for all groups together: ranked by their distance
    to the center, which is that of each. Where the sample that they come from is the whole
    collection, their percentiles are known."""
    place = {image: i for i, image in enumerate(ids)}
    order = np.empty(len(d))
    order[np.lexsort((ids, d))] = np.arange(1, len(d) + 1)
    last = (-1.0, "")
    for rank, pick in enumerate(got, 1):
        what = f"{name}, rank {rank}, {pick['image_id']}"
        require(pick["image_id"] in place, f"{what}: is not in the group")
        i = place[pick["image_id"]]
        require(pick["rank"] == rank, f"{what}: rank {pick['rank']}")
        require(pick["group_size"] == center_size, f"{what}: group size {pick['group_size']}")
        require(close(pick["distance"], d[i]), f"{what}: distance {pick['distance']}, recomputed {d[i]}")
        require((pick["distance"], pick["image_id"]) > last, f"{what}: is nearer than the rank before")
        last = (pick["distance"], pick["image_id"])
        require(pick["next_image_id"] == "" and np.isnan(pick["margin"]), f"{what}: has a margin")
        if whole:
            near = np.abs(d - d[i]) <= GAP * d[i] + 1e-15
            off = abs(pick["percentile"] * len(d) / 100 - order[i])
            require(off <= near.sum() - 1 + 1e-6, f"{what}: percentile {pick['percentile']}, recomputed {100 * order[i] / len(d)}")


def ranged(name, got, ids, d, metric, top, spread):
    """The picks of a group at positions among its distances: the nearest inliers, those at the
    quartiles of the inliers, the farthest, and outliers, each position in its turn."""
    length = d if metric == "euclidean" else np.sqrt(2 * np.maximum(d, 0))
    q1, q3 = np.quantile(length, [0.25, 0.75], method="inverted_cdf")
    fence = q3 + 1.5 * (q3 - q1) if len(d) >= 8 and q3 > q1 else np.inf
    require(np.all(np.abs(length / fence - 1) > TOLERANCE), f"{name}: an image lies at the fence, choose other data")
    inlier = length <= fence
    n = int(inlier.sum())
    require((spread["inliers"], spread.get("outliers", 0)) == (n, len(d) - n), f"{name}: {spread}, {n} of {len(d)} are inliers")
    far = fence if metric == "euclidean" else fence**2 / 2
    require(close(spread.get("fence", np.inf), far) if np.isfinite(far) else "fence" not in spread, f"{name}: the fence is {far}, not that of {spread}")
    p25, p75 = np.quantile(d[inlier], [0.25, 0.75], method="inverted_cdf")
    require(close(np.array([spread["p25"], spread["p75"]]), np.array([p25, p75])), f"{name}: quartiles of inliers {p25}, {p75}, not those of {spread}")
    each = min(top, (n - 1) // 4)
    keys = {"typical": (d, inlier, max(each, 1)), "extreme": (-d, inlier, max(each, 1) if n > 1 else 0),
            "25%": (np.abs(d - p25), inlier, each), "75%": (np.abs(d - p75), inlier, each), "outlier": (-d, ~inlier, min(top, len(d) - n))}
    place = {image: i for i, image in enumerate(ids)}
    order = np.empty(len(d))
    order[np.lexsort((ids, d))] = np.arange(1, len(d) + 1)
    by_position = {position: [p for p in got if p["position"] == position] for position in keys}
    require([p["position"] for p in got] == [position for position in ("typical", "25%", "75%", "extreme", "outlier") for _ in by_position[position]],
            f"{name}: its positions are {[p['position'] for p in got]}")
    require([p["rank"] for p in got] == list(range(1, len(got) + 1)), f"{name}: its ranks are {[p['rank'] for p in got]}")
    free = np.ones(len(d), bool)
    for turn in range(top):
        for position, (key, of, due) in keys.items():
            if turn == 0:
                require(len(by_position[position]) == due, f"{name}: {len(by_position[position])} picks at {position}, {due} are due")
            if turn >= due:
                continue
            pick = by_position[position][turn]
            what = f"{name}, {position}, {pick['image_id']}"
            i = place[pick["image_id"]]
            require(of[i] and free[i], f"{what}: is not of its position")
            best = key[of & free].min()
            require(key[i] - best <= GAP * np.abs(d[i]) + 1e-15, f"{what}: another is {key[i] - best} nearer to the position")
            free[i] = False
            require(close(pick["distance"], d[i]), f"{what}: distance {pick['distance']}, recomputed {d[i]}")
            near = np.abs(d - d[i]) <= GAP * d[i] + 1e-15
            off = abs(pick["percentile"] * len(d) / 100 - order[i])
            require(off <= near.sum() - 1 + 1e-6, f"{what}: percentile {pick['percentile']}, recomputed {100 * order[i] / len(d)}")
            require(pick["next_image_id"] == "" and np.isnan(pick["margin"]), f"{what}: has a margin")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latents", type=pathlib.Path, required=True)
    parser.add_argument("--selection", type=pathlib.Path, required=True)
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args()

    manifest = json.loads((args.selection / "selection.json").read_text())
    parameters = manifest["parameters"]
    files = sorted(args.latents.glob("latents-*.parquet"))
    columns = ["image_id", "embedding", "label"] + [c for c in manifest.get("metadata", []) if "*" not in c]
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
    groups, vectors = {}, {(c["scope"], c["group_id"], c["center"]): np.array(c["embedding"]) for c in centers}
    for scope in parameters["scopes"]:
        mine = [c for c in centers if c["scope"] == scope]
        names = list(dict.fromkeys(c["group_id"] for c in mine))
        if scope == "global":
            values = np.array(["all"] * len(z))
        elif scope == "cluster":
            values = clusters(z, centers)
        elif "*" in scope:
            values = crossed(scope, table, z, centers)
        else:
            values = np.array([v or "" for v in table[scope].to_pylist()])
        groups[scope] = values
        prefix = f"{scope}/" if len({c["scope"] for c in centers}) > 1 else ""
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
            same = np.array_equal(center, want) if kind in ("median", "medoid") else off <= TOLERANCE
            same = same or kind == "geometric_median" and as_good(x, center, want) or kind == "medoid" and equal_sum(x, center, want)
            require(same, f"{name}: {kind} differs by {off} of its length")
            if kind not in parameters["centers"]:
                continue
            for metric in parameters["metrics"]:
                d = distances(x, center, metric)
                order = np.lexsort((ids[member], d))
                got = by_target.pop((scope, row["group_id"], kind, metric), [])
                if parameters["picking"]["strategy"] == "representative":
                    representative(f"{name}, {kind}, {metric}", got, ids[member], d, size, len(z) <= 4096)
                    checked += len(got)
                    continue
                if parameters["picking"]["strategy"] == "range":
                    spreads = next(s for s in manifest["sets"] if (s["scope"], s["center"], s["metric"]) == (scope, kind, metric))["spreads"]
                    ranged(f"{name}, {kind}, {metric}", got, ids[member], d, metric, parameters["top"], next(s for s in spreads if s["group_id"] == row["group_id"]))
                    checked += len(got)
                    continue
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
    weighted(picks, manifest, ids, z, groups)
    rows = assigned(args.selection, manifest, ids, z, groups, vectors, picks)
    print(f"numpy {np.__version__}: {len(centers)} centers and {checked} picks recomputed from {len(z)} latents; "
          f"{ties} picks have others within {GAP:g} of their distance; {rows} rows of assignments")


if __name__ == "__main__":
    main()
