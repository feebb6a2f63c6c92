#!/usr/bin/env python3
"""How well the ways of `exemplar select` represent images that they did not see.

    go build -o exemplar ./pipelines/exemplar
    python3 bench/picks.py --exemplar=./exemplar nuclei=IMAGES jurkat=IMAGES > table.md

IMAGES is a folder of images; where it has at most 20 folders of images, their names are labels.
A linear model is trained on all images. Then, for every split, N images are picked out of one half of
the collection, and everything is measured on the other half by the code of this file alone, which shares
none with the project. It needs NumPy and pyarrow.

A figure is a share of the median of 20 random selections of N images of the same half: below 1 is better.
rank: the mean rank among the ways, as a share (0 is first, 1 is last), over collections, N, splits and figures.
better: share of the figures that are better than those of all 20 random selections.

error     mean squared distance to the nearest pick
radius    99th percentile of the distance
mmd2      squared maximum mean discrepancy, RBF kernel at half the median squared distance
energy    energy distance
w-error, w-energy   the same two in whitened principal components, a space that no way used
labels    error of the nearest pick's label, as a mean over the labels
shares    total variation distance of label shares; c-shares: of shares of 20 clusters
quality   energy distance of the percentiles that picks have within their cluster, in reconstruction error,
          sharpness, brightness and size, from an even distribution
bias      mean of these percentiles: 0.5 is unbiased
"""
import argparse, glob, hashlib, os, subprocess, sys, tempfile
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

WAYS = {
    "`--strategy=representative`": ["--strategy=representative", "--budget={n}"],
    "`--strategy=nearest`": ["--strategy=nearest", "--budget={n}"],
    "`--scope=global --strategy=facility`": ["--scope=global", "--strategy=facility", "--budget={n}"],
    "`--clusters=20 --strategy=facility`": ["--clusters=20", "--strategy=facility", "--budget={n}"],
    "`--clusters=20 --top=N/20`": ["--clusters=20", "--top={top}"],
    "`--clustering=hierarchical`": ["--clustering=hierarchical", "--budget={n}"],
}
QUALITY = ["mse", "sharpness", "mean", "foreground_fraction"]
DRAWS = 20


def squares(a, b):
    d = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T
    return np.maximum(d, 0)


def energy(cross, picks, all_):
    return 2 * cross.mean() - picks.mean() - all_


def clusters(x, k, rng):
    centers = x[rng.choice(len(x), k, replace=False)]
    for _ in range(50):
        near = squares(x, centers).argmin(1)
        centers = np.array([x[near == i].mean(0) if (near == i).any() else centers[i] for i in range(k)])
    return centers


class Half:
    """The half that is measured on, with all figures of picks."""

    def __init__(self, t, unseen, split):
        rng = np.random.default_rng(split)
        self.t, self.unseen = t, rng.permutation(unseen)[:2000]
        self.y = t["x"][self.unseen]
        self.centers = clusters(self.y, 20, rng)
        self.near = squares(self.y, self.centers).argmin(1)
        d = squares(self.y, self.y)
        self.width = np.median(d[np.triu_indices(len(d), 1)])
        self.kernel, self.mean = np.exp(-d / self.width).mean(), np.sqrt(d).mean()
        self.middle = self.y.mean(0)
        _, s, v = np.linalg.svd(self.y - self.middle, full_matrices=False)
        keep = min(32, (s > 1e-6 * s[0]).sum())
        self.white = v[:keep].T / s[:keep] * np.sqrt(len(self.y))
        self.wy = (self.y - self.middle) @ self.white
        self.wmean = np.sqrt(squares(self.wy, self.wy)).mean()

    def percentiles(self, picks):
        out = []
        for p, c in zip(picks, squares(self.t["x"][picks], self.centers).argmin(1)):
            others = self.t["q"][self.unseen[self.near == c]]
            out.append(((others < self.t["q"][p]).mean(0) + (others <= self.t["q"][p]).mean(0)) / 2)
        return np.array(out)

    def figures(self, picks):
        p = self.t["x"][picks]
        d, pp = squares(self.y, p), squares(p, p)
        w = (p - self.middle) @ self.white
        dw = squares(self.wy, w)
        m = {
            "error": d.min(1).mean(), "radius": np.sqrt(np.quantile(d.min(1), 0.99)),
            "mmd2": self.kernel + np.exp(-pp / self.width).mean() - 2 * np.exp(-d / self.width).mean(),
            "energy": energy(np.sqrt(d), np.sqrt(pp), self.mean),
            "w-error": dw.min(1).mean(), "w-energy": energy(np.sqrt(dw), np.sqrt(squares(w, w)), self.wmean),
        }
        shares = lambda values, of: np.array([(values == v).mean() for v in of])
        k = range(20)
        m["c-shares"] = abs(shares(squares(p, self.centers).argmin(1), k) - shares(self.near, k)).sum() / 2
        labels = self.t["labels"]
        if labels is not None:
            truth, names = labels[self.unseen], np.unique(labels[self.unseen])
            told = labels[picks][d.argmin(1)]
            m["labels"] = 1 - np.mean([(told[truth == v] == v).mean() for v in names])
            m["shares"] = abs(shares(labels[picks], names) - shares(truth, names)).sum() / 2
        q, even = self.percentiles(picks), (np.arange(200) + 0.5) / 200
        m["quality"] = sum(energy(abs(c[:, None] - even), abs(c[:, None] - c), abs(even[:, None] - even).mean()) for c in q.T)
        return m, q.mean(0)


def run(exemplar, *args):
    done = subprocess.run([exemplar, *args], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"exemplar {' '.join(args)}\n{done.stderr}")


def table(folder):
    t = pa.concat_tables([pq.read_table(f) for f in sorted(glob.glob(folder + "/*.parquet"))])
    ids = np.array(t["image_id"].to_pylist())
    x = np.asarray(t["embedding"].combine_chunks().flatten(), dtype=float).reshape(len(ids), -1)
    folders = np.array([os.path.dirname(i) for i in ids])
    few = 1 < len(set(folders)) <= 20
    return {"ids": ids, "x": x, "q": np.array([t[c].to_pylist() for c in QUALITY], dtype=float).T, "labels": folders if few else None}


def compare(exemplar, images, sizes, splits, scratch):
    model, latents = scratch + "/model", scratch + "/latents"
    run(exemplar, "shard", "--input=" + images, "--output=" + scratch + "/shards")
    run(exemplar, "train", "--input=" + scratch + "/shards", "--output=" + model)
    run(exemplar, "encode", "--input=" + scratch + "/shards", "--model=" + model, "--reconstruct", "--output=" + latents)
    t = table(latents)
    at = {name: i for i, name in enumerate(t["ids"])}
    for split in range(splits):
        side = np.array([hashlib.md5(f"{split} {i}".encode()).digest()[0] % 2 for i in t["ids"]])
        seen, half = np.flatnonzero(side == 0), Half(t, np.flatnonzero(side == 1), split)
        base = f"{scratch}/{split}"
        with open(base + ".txt", "w") as f:
            f.writelines(os.path.join(images, t["ids"][i]) + "\n" for i in seen)
        run(exemplar, "shard", f"--input_list={base}.txt", "--root=" + images, f"--output={base}-shards")
        run(exemplar, "encode", f"--input={base}-shards", "--model=" + model, "--reconstruct", f"--output={base}-latents")
        for n in sizes:
            rng = np.random.default_rng(1000 + split)
            random = [half.figures(rng.choice(seen, n, replace=False))[0] for _ in range(DRAWS)]
            found = {"one random selection": half.figures(rng.choice(seen, n, replace=False))}
            for way, args in WAYS.items():
                out = f"{base}-{n}-{len(found)}"
                run(exemplar, "select", f"--input={base}-latents", "--output=" + out, f"--seed={split + 1}",
                    *[a.format(n=n, top=max(1, n // 20)) for a in args])
                picks = [at[i] for i in pq.read_table(out + "/selection.parquet")["image_id"].to_pylist()]
                found[way] = half.figures(np.array(picks))
            yield n, random, found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--exemplar", required=True, help="the built program")
    p.add_argument("--sizes", default="20,100", help="numbers of picks")
    p.add_argument("--splits", type=int, default=3)
    p.add_argument("collections", nargs="+", metavar="NAME=IMAGES")
    a = p.parse_args()
    ranks, better, shares, bias = {}, {}, {}, {}
    for collection in a.collections:
        name, _, images = collection.partition("=")
        with tempfile.TemporaryDirectory() as scratch:
            for n, random, found in compare(os.path.abspath(a.exemplar), os.path.abspath(images), [int(v) for v in a.sizes.split(",")], a.splits, scratch):
                print(name, n, file=sys.stderr)
                for figure in random[0]:
                    values = {way: m[figure] for way, (m, _) in found.items()}
                    draws = [r[figure] for r in random]
                    for way, v in values.items():
                        others = list(values.values())
                        below = sum(o < v for o in others) + (sum(o == v for o in others) - 1) / 2
                        ranks.setdefault(way, []).append(below / (len(others) - 1))
                        better.setdefault(way, []).append(v < min(draws))
                        shares.setdefault(way, {}).setdefault(figure, []).append(v / np.median(draws))
                for way, (_, b) in found.items():
                    bias.setdefault(way, []).append(b)
    figures = list(dict.fromkeys(f for s in shares.values() for f in s))
    print("| way | rank | better | " + " | ".join(figures) + " | bias |")
    print("|---" * (len(figures) + 4) + "|")
    for way in sorted(ranks, key=lambda w: np.mean(ranks[w])):
        print(f"| {way} | {np.mean(ranks[way]):.2f} | {100 * np.mean(better[way]):.0f} % | "
              + " | ".join(f"{np.mean(shares[way][f]):.2f}" for f in figures)
              + " | " + " ".join(f"{v:.2f}" for v in np.mean(bias[way], 0)) + " |")


if __name__ == "__main__":
    main()
