"""Grades a selection again from the Parquet files alone, in numpy float64, by the
definitions in transforms/selection/grading: the first set of picks of every scope, in the
raw and the whitened space.
"""

import argparse
import json
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from check import require

TOLERANCE = {"raw": 1e-9, "whitened": 1e-6}  # relative; whitened coordinates are float32
SAMPLE, DRAW = 0x6772616473616D70, 0x6772616464726177


def order(seed, ids):
    """The places of ids, sorted by their hash."""
    hashes = [xxhash.xxh3_64_intdigest(i.encode(), seed=seed & (2**64 - 1)) >> 11 for i in ids]
    return np.lexsort((ids, hashes))


def squares(x, y):
    """Squared distances of all rows of x to all of y."""
    return np.stack([((x - row) ** 2).sum(axis=1) for row in y], axis=1)


def coverage_k(reference, picks):
    missed = 1.0
    for j in range(reference - 1):
        missed *= (reference - 1 - j) / (reference - 1 + picks - j)
        if missed <= 0.5:
            return j + 1
    return max(1, reference - 1)


class Space:
    """The images that are evaluated and drawn from, in one space."""

    def __init__(self, z, evaluated, pool, draws, reference):
        self.z, self.evaluated, self.pool, self.draws = z, evaluated, pool, draws
        self.reference = evaluated[:reference]
        self.pairs = squares(z[self.reference], z[self.reference])
        above = np.triu_indices(len(self.reference), 1)
        self.gamma = 1 / (2 * np.median(self.pairs[above]))

    def weighted_mmd2(self, picks, weights):
        d = squares(self.z[self.reference], self.z[picks])
        known = np.array([[a != b for b in picks] for a in self.reference])
        across = (np.exp(-self.gamma * d) * known * weights).sum() / (known * weights).sum()
        own = weights @ np.exp(-self.gamma * squares(self.z[picks], self.z[picks])) @ weights
        return np.exp(-self.gamma * self.pairs).mean() + own - 2 * across

    def figures(self, picks):
        d = squares(self.z[self.evaluated], self.z[picks])
        place = {row: i for i, row in enumerate(self.evaluated)}
        for i, row in enumerate(picks):
            if row in place:
                d[place[row], i] = np.inf
        near = d.min(axis=1)
        finite = near[np.isfinite(near)]
        r = len(self.reference)
        k = coverage_k(r, len(picks))
        neighbor = np.sort(self.pairs, axis=1)[:, k]
        kernel = np.exp(-self.gamma * d[:r])
        own = np.exp(-self.gamma * squares(self.z[picks], self.z[picks]))
        return {
            "quantisation": finite.mean(),
            "radius_p50": np.quantile(np.sqrt(finite), 0.5),
            "radius_p99": np.quantile(np.sqrt(finite), 0.99),
            "radius_max": np.sqrt(finite.max()),
            "coverage": (near[:r] <= neighbor).mean(),
            "mmd2": np.exp(-self.gamma * self.pairs).mean() + own.mean() - 2 * kernel.sum() / np.isfinite(d[:r]).sum(),
        }, near[:r][np.isfinite(near[:r])].mean()

    def equivalent(self, q):
        """How many images of each draw quantize the reference as well as q."""
        counts = []
        sums = np.zeros((len(self.draws), len(self.pool)))
        for row in self.reference:
            d = ((self.z[self.pool] - self.z[row]) ** 2).sum(axis=1)
            for r, draw in enumerate(self.draws):
                sums[r] += np.minimum.accumulate(d[draw])
        for curve in sums / len(self.reference):
            enough = np.flatnonzero(curve <= q)
            counts.append(int(enough[0]) + 1 if len(enough) else len(self.pool))
        counts.sort()
        return {"random": counts[len(counts) // 2], "low": counts[0], "high": counts[-1]}


def check_space(name, got, space, picks, tolerance):
    require(got["coverage_k"] == coverage_k(len(space.reference), len(picks)), f"{name}: k of coverage is {got['coverage_k']}")
    want, on_reference = space.figures(picks)
    random = [space.figures(space.pool[draw[: len(picks)]])[0] for draw in space.draws]

    def equal(what, a, b):
        require(abs(a - b) <= tolerance * max(abs(b), 1e-3), f"{name}: {what} is {a}, recomputed {b}")

    for figure, value in want.items():
        draws = [r[figure] for r in random]
        for part, b in (("picks", value), ("random", np.mean(draws)), ("low", min(draws)), ("high", max(draws))):
            equal(f"{figure} ({part})", got[figure][part], b)
        require(len(got[figure]["draws"]) == len(draws), f"{name}: {figure} has {len(got[figure]['draws'])} draws")
        for a, b in zip(got[figure]["draws"], sorted(draws)):
            equal(f"{figure} (a draw)", a, b)
    equal("skill", got["skill"]["value"], 1 - want["quantisation"] / np.mean([r["quantisation"] for r in random]))
    equivalent = {k: v for k, v in got["equivalent"].items() if k != "beyond"}
    require(equivalent == space.equivalent(on_reference), f"{name}: equivalent to {equivalent}, recomputed {space.equivalent(on_reference)}")


def shares(z, picks):
    """The share of the rows of z that each pick is the nearest one of."""
    near = np.stack([((z - row) ** 2).sum(axis=1) for row in picks]).argmin(axis=0)
    return np.bincount(near, minlength=len(picks)) / len(z)


def check_weighted(name, got, space, own, picks, weights, tolerance):
    """own are the rows in the space of the selection."""
    sample = own[np.concatenate([space.evaluated, space.pool])]
    want = {"picks": space.weighted_mmd2(picks, weights)}
    draws = []
    for draw in space.draws:
        rows = space.pool[draw[: len(picks)]]
        draws.append(space.weighted_mmd2(rows, shares(sample, own[rows])))
    want |= {"random": np.mean(draws), "low": min(draws), "high": max(draws)}
    for part, b in want.items():
        a = got["weighted_mmd2"][part]
        require(abs(a - b) <= tolerance * max(abs(b), 1e-3), f"{name}: weighted MMD² ({part}) is {a}, recomputed {b}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latents", type=pathlib.Path, required=True)
    parser.add_argument("--selection", type=pathlib.Path, required=True)
    args = parser.parse_args()

    manifest = json.loads((args.selection / "selection.json").read_text())
    grade, seed = manifest["grade"], manifest["parameters"]["seed"]
    columns = ["image_id", "embedding", "label"] + manifest.get("metadata", [])
    files = sorted(args.latents.glob("latents-*.parquet"))
    table = pa.concat_tables(pq.read_table(f, columns=columns) for f in files)
    excluded = {e["image_id"] for e in manifest["exclusions"]}
    table = table.take([i for i, name in enumerate(table["image_id"].to_pylist()) if name not in excluded])
    ids = np.array(table["image_id"].to_pylist())
    size = grade["evaluated"] + grade["pool"]
    first = order(seed ^ SAMPLE, ids)
    n = grade["evaluated"]
    require(size == len(ids) or size < len(ids) and n == size // 2, f"{n} images are evaluated, {grade['pool']} in the pool, of {len(ids)}")

    picks = pq.read_table(args.selection / "selection.parquet").to_pylist()
    x = table["embedding"].combine_chunks().flatten().to_numpy().astype(np.float64).reshape(len(ids), -1)
    row = {name: i for i, name in enumerate(ids)}
    sample = first[:size]
    rows = x[sample[:8192]]
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    k = grade["whitening"]["dimension"]
    require(abs(values[::-1][:k].sum() / values.sum() - grade["whitening"]["variance"]) < 1e-9, "variance of the whitened space")
    white = (x - rows.mean(axis=0)) @ (vectors[:, ::-1][:, :k] / np.sqrt(values[::-1][:k]))

    checked = set()
    for s in grade["sets"]:
        if s["scope"] in checked or not s.get("spaces"):
            continue
        checked.add(s["scope"])
        grouped = np.ones(len(ids), bool)
        if s["scope"] not in ("global", "cluster"):
            grouped = np.array([bool(v) for v in table[s["scope"]].to_pylist()])
        evaluated = sample[:n][grouped[sample[:n]]]
        pool = sample[n:][grouped[sample[n:]]]
        draws = [order(seed ^ (DRAW + r), ids[pool]) for r in range(grade["draws"])]
        mine = [row[p["image_id"]] for p in picks if (p["scope"], p["center"], p["metric"]) == (s["scope"], s["center"], s["metric"])]
        require(len(mine) == s["picks"], f"{len(mine)} picks in scope {s['scope']}, the grade says {s['picks']}")
        for got in s["spaces"]:
            if got["space"] not in TOLERANCE:
                continue  # a space of the selection's own
            space = Space({"raw": x, "whitened": white}[got["space"]], evaluated, pool, draws, grade["reference"])
            name = f"scope {s['scope']}, {got['space']}"
            check_space(name, got, space, np.array(mine), TOLERANCE[got["space"]])
            if manifest["space"]["kind"] == "raw" and len(mine) <= 512:
                weights = np.array([p["weight"] for p in picks if (p["scope"], p["center"], p["metric"]) == (s["scope"], s["center"], s["metric"])])
                check_weighted(name, got, space, x, np.array(mine), weights, TOLERANCE[got["space"]])
        for b in s.get("batches") or []:
            if b.get("reason"):
                continue
            column = np.array([v or "" for v in table[b["column"]].to_pylist()])
            if size < len(ids):
                continue  # shares are those of the sample and the picks
            names, counts = np.unique(column[grouped], return_counts=True)
            expected = counts / counts.sum() * len(mine)
            observed = np.array([(column[mine] == v).sum() for v in names])
            want = ((observed - expected) ** 2 / expected).sum()
            require(abs(b["chi_square"] - want) <= 1e-9 * want + 1e-12, f"χ² of {b['column']} is {b['chi_square']}, recomputed {want}")
    require(checked, "nothing is graded")
    print(f"grade: {len(checked)} sets of picks, on {n} images and {grade['draws']} random selections, agree with numpy")


if __name__ == "__main__":
    main()
