#!/usr/bin/env python3
"""How well ways of picking images represent images that they did not see: `exemplar select`, and ways of others.

    go build -o exemplar ./pipelines/exemplar
    python3 bench/picks_collections.py digits digits
    python3 bench/picks.py --exemplar=./exemplar --cache=picks.jsonl digits=digits nuclei=IMAGES > table.md

A collection is NAME=IMAGES, a folder of images of one size; where it has at most 20 folders of images, their names are labels. Flags of
`exemplar train` may follow, with commas before them: conv=IMAGES,--arch=ae1m,--epochs=8. Without, the model is linear.

The model is trained on all images. Then, for every split, each way picks N images out of one half of the collection, in the same
latents, and everything is measured on the other half by picks_scores.py, which defines the figures and shares no code with the project.
An N of which the half has fewer than twice as many images is left out. Ways of others are in picks_peers.py, which names those whose
packages are missing; picks_table.py says how the tables are made. Stability is of two N alone: the half without a
tenth of its images, another seed of the way, and latents of another model, trained with --seed=2.

--cache is a file of a line for each collection, N, split and way. What it has is not measured again, by whatever program it was made,
which "program" of a line says by the beginning of its sha256: --again=TEXT measures the ways with TEXT in their name anew (of a key the
last line counts), and so does a file without their lines. --work keeps the models and latents.

It needs NumPy, pyarrow and Pillow; ways of others need scikit-learn, kmedoids, apricot-select and goodpoints.
"""
import argparse, contextlib, glob, hashlib, json, os, subprocess, sys, tempfile, warnings
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
import picks_peers, picks_scores, picks_table

WAYS = {
    "`--strategy=representative`": ["--strategy=representative", "--budget={n}"],
    "`--strategy=nearest`": ["--strategy=nearest", "--budget={n}"],
    "`--scope=global --strategy=facility`": ["--scope=global", "--strategy=facility", "--budget={n}"],
    "`--clusters=20 --strategy=facility`": ["--clusters=20", "--strategy=facility", "--budget={n}"],
    "`--clusters=20 --top=N/20`": ["--clusters=20", "--top={top}"],
    "`--clustering=hierarchical`": ["--clustering=hierarchical", "--budget={n}"],
}
RANDOM = "one random selection"
DRAWS = 20


def run(exemplar, *args):
    done = subprocess.run([exemplar, *args], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"exemplar {' '.join(args)}\n{done.stderr}")


def pixels(path):
    """The image, averaged to 16 x 16 pixels at most and over its channels, as a vector."""
    image = np.asarray(Image.open(path), dtype=float)
    image = image.mean(2) if image.ndim == 3 else image
    high, wide = (picks_scores.averaging(s) for s in image.shape)
    return (high @ image @ wide.T).ravel()


def latents(folder):
    t = pa.concat_tables([pq.read_table(f) for f in sorted(glob.glob(folder + "/*.parquet"))])
    return t, np.asarray(t["embedding"].combine_chunks().flatten(), dtype=float).reshape(len(t), -1)


class Collection:
    """A collection with its model and latents, and what is picked from a half of it."""

    def __init__(self, exemplar, images, flags, work):
        self.exemplar, self.images, self.flags, self.work, self.parts = exemplar, os.path.abspath(images), flags, work, {}
        os.makedirs(work, exist_ok=True)
        with open(exemplar, "rb") as f:
            self.program = hashlib.sha256(f.read()).hexdigest()[:12]
        run(exemplar, "shard", "--input=" + self.images, "--output=" + work + "/shards")
        t, x = latents(self.encode("shards", self.model(1), "latents"))
        self.ids = np.array(t["image_id"].to_pylist())
        self.at = {name: i for i, name in enumerate(self.ids)}
        folders = np.array([os.path.dirname(i) for i in self.ids])
        self.table = {
            "x": x,
            "q": np.array([t[c].to_pylist() for c in picks_scores.QUALITY], dtype=float).T,
            "labels": folders if 1 < len(set(folders)) <= 20 else None,
            "pixels": np.array([pixels(os.path.join(self.images, i)) for i in self.ids]),
        }

    def model(self, seed):
        output = f"{self.work}/model-{seed}"
        run(self.exemplar, "train", f"--input={self.work}/shards", "--output=" + output, f"--seed={seed}", *self.flags)
        return output

    def encode(self, shards, model, name):
        run(self.exemplar, "encode", f"--input={self.work}/{shards}", "--model=" + model, "--reconstruct", f"--output={self.work}/{name}")
        return f"{self.work}/{name}"

    def part(self, rows, name, model=1):
        """Latents of some images alone, as a folder that select reads, and as a matrix."""
        if name in self.parts:
            return self.parts[name]
        with open(f"{self.work}/{name}.txt", "w") as f:
            f.writelines(os.path.join(self.images, self.ids[i]) + "\n" for i in rows)
        run(self.exemplar, "shard", f"--input_list={self.work}/{name}.txt", "--root=" + self.images, f"--output={self.work}/{name}-shards")
        folder = self.encode(name + "-shards", f"{self.work}/model-{model}", name + "-latents")
        t, x = latents(folder)
        x = x[np.argsort([self.at[i] for i in t["image_id"].to_pylist()])]
        self.parts[name] = {"rows": np.sort(rows), "x": x, "folder": folder}
        return self.parts[name]

    def pick(self, way, part, n, seed, peers):
        """The rows of n images that a way picks out of a part."""
        if way == RANDOM:
            return np.random.default_rng(5000 + seed).choice(part["rows"], n, replace=False)
        if way in peers:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of convergence, and of what packages will change
                picks = np.asarray(peers[way](part["x"], n, seed), dtype=int)
            if len(set(picks.tolist())) != n:
                sys.exit(f"{way} picked {len(set(picks.tolist()))} images of {n}")
            return part["rows"][picks]
        args = [a.format(n=n, top=max(1, n // 20)) for a in WAYS[way]]
        with tempfile.TemporaryDirectory() as output:
            run(self.exemplar, "select", "--input=" + part["folder"], "--output=" + output, f"--seed={seed}", *args)
            return np.array([self.at[i] for i in pq.read_table(output + "/selection.parquet")["image_id"].to_pylist()])


def measure(c, name, split, sizes, ways, peers, cache, stable):
    """Adds what the cache lacks of a split."""
    side = np.array([hashlib.md5(f"{split} {i}".encode()).digest()[0] % 2 for i in c.ids])
    seen = np.flatnonzero(side == 0)
    half = part = None
    for n in (n for n in sizes if len(seen) >= 2 * n):
        for way in ways if stable else [picks_table.DRAWS, *ways]:
            key = {"collection": name, "n": n, "split": split, "way": way}
            if cache.has("stability" if stable else "figures", key):
                continue
            part = part or c.part(seen, f"half-{split}")
            if stable:
                values = stability(c, part, way, n, split + 1, peers)
            else:
                half = half or picks_scores.Half(c.table, np.flatnonzero(side == 1), split)
                values = figures(c, half, part, way, n, split + 1, peers)
            cache.add("stability" if stable else "figures", key, {"program": c.program, **values} if way in WAYS else values)


def figures(c, half, part, way, n, seed, peers):
    if way != picks_table.DRAWS:
        m, bias = half.figures(c.pick(way, part, n, seed, peers))
        return {"figures": m, "bias": bias}
    rng = np.random.default_rng(999 + seed)
    draws = [half.figures(rng.choice(part["rows"], n, replace=False))[0] for _ in range(DRAWS)]
    return {"draws": draws, "bounds": half.bounds(n), "bias": half.percentiles(part["rows"]).mean(0).tolist()}


def stability(c, part, way, n, seed, peers):
    """The shares of picks that return, exactly and nearly, when a tenth of the images is missing, by another seed, by another model."""
    x, rows = part["x"], part["rows"]
    picks, found = np.searchsorted(rows, c.pick(way, part, n, seed, peers)), {}
    less = rows[np.array([hashlib.md5(f"less {seed} {c.ids[i]}".encode()).digest()[0] % 10 != 0 for i in rows])]
    kept = np.isin(rows[picks], less)
    for what, other, s in [
        ("a tenth less", c.part(less, f"less-{seed}"), seed),
        ("another seed", part, seed + 100),
        ("another model", c.part(rows, f"other-{seed}", model=2), seed),
    ]:
        others = np.searchsorted(rows, c.pick(way, other, n, s, peers))
        found[what] = picks_scores.returning(x, picks[kept] if what == "a tenth less" else picks, others)
    return found


class Cache:
    """Lines of JSON: kind, key and values; the last of a key counts."""

    def __init__(self, path, again):
        self.file, self.lines = None, {}
        if path and os.path.exists(path):
            with open(path) as f:
                for line in map(json.loads, f):
                    if not again or again not in line["way"]:
                        self.lines[self.key(line["kind"], line)] = line
        if path:
            self.file = open(path, "a", buffering=1)

    def key(self, kind, k):
        return kind, k["collection"], k["n"], k["split"], k["way"]

    def has(self, kind, key):
        return self.key(kind, key) in self.lines

    def add(self, kind, key, values):
        line = {"kind": kind, **key, **values}
        self.lines[self.key(kind, key)] = line
        print(kind, *key.values(), file=sys.stderr, flush=True)
        if self.file:
            self.file.write(json.dumps(line) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--exemplar", required=True, help="the built program")
    p.add_argument("--sizes", default="20,100", help="numbers of picks")
    p.add_argument("--splits", type=int, default=3)
    p.add_argument("--stable", default="20,100", help="numbers of picks of which stability is measured, or nothing")
    p.add_argument("--stable_splits", type=int, default=3, help="splits of which it is measured")
    p.add_argument("--ways", default="", help="only ways with one of these texts, with commas, in their name")
    p.add_argument("--cache", help="file of what was measured")
    p.add_argument("--again", help="measure ways with this text in their name anew")
    p.add_argument("--work", help="folder for models and latents that are used again (default: a temporary one)")
    p.add_argument("collections", nargs="+", metavar="NAME=IMAGES[,FLAG...]")
    a = p.parse_args()
    peers, cache = picks_peers.available(), Cache(a.cache, a.again)
    ways = [w for w in [*WAYS, RANDOM, *peers] if any(t in w for t in a.ways.split(","))]
    numbers = lambda text: [int(v) for v in text.split(",") if v]
    names = {collection.partition("=")[0] for collection in a.collections}
    with tempfile.TemporaryDirectory() if a.work is None else contextlib.nullcontext(a.work) as work:
        for stable, sizes, splits in [(False, numbers(a.sizes), a.splits), (True, numbers(a.stable), a.stable_splits)]:
            for collection in a.collections if sizes else []:
                name, _, images = collection.partition("=")
                images, *flags = images.split(",--")
                print(f"{collection}: shards, model, latents", file=sys.stderr, flush=True)
                c = Collection(os.path.abspath(a.exemplar), images, ["--" + f for f in flags], os.path.join(os.path.abspath(work), name))
                if stable:
                    c.model(2)
                for split in range(splits):
                    measure(c, name, split, sizes, ways, peers, cache, stable)
    picks_table.write([v for v in cache.lines.values() if v["collection"] in names])


if __name__ == "__main__":
    main()
