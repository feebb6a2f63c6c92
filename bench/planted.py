#!/usr/bin/env python3
"""What the ways of `exemplar select` do with images that were planted.

    go build -o exemplar ./pipelines/exemplar
    python3 bench/planted.py --exemplar=./exemplar --nuclei=IMAGES --mnist=FOLDER > tables.md

blurred   1,200 of the images, drawn by hash, of which 60 were blurred (Gaussian of 4 pixels). With the
          quality gate off, 100 are picked; of random picks 5.0 are blurred, and at most 10 in 99 %
          of draws. A linear model is trained on all 1,200.
mixture   Markey, Boland and Murphy, "Toward objective selection of representative microscope images"
          (Biophysical Journal 1999): some 900 images of one kind with some of another mixed in; the share of 20
          picks that are of the first kind. Kinds are pairs of digits of MNIST, FOLDER that of its four files.

It needs NumPy, pyarrow and tifffile.
"""
import argparse, glob, gzip, hashlib, os, subprocess, sys, tempfile
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tifffile

BLURRED = {
    "`--strategy=representative`": ["--strategy=representative", "--budget=100"],
    "`--strategy=nearest`": ["--strategy=nearest", "--budget=100"],
    "`--clusters=20 --top=5`": ["--clusters=20", "--top=5"],
    "`--clusters=20 --strategy=facility`": ["--clusters=20", "--strategy=facility", "--budget=100"],
    "`--clustering=hierarchical`": ["--clustering=hierarchical", "--budget=100"],
}
MIXED = {
    "`--strategy=nearest`": ["--strategy=nearest"],
    "`--strategy=nearest --centers=medoid`": ["--strategy=nearest", "--centers=medoid"],
    "`--strategy=facility`": ["--strategy=facility"],
    "`--strategy=representative`": ["--strategy=representative"],
}
PAIRS, SHARES = [(3, 5), (4, 9), (7, 1), (0, 6)], [0.05, 0.1, 0.2, 0.3, 0.4, 0.5]


def run(exemplar, *args):
    done = subprocess.run([exemplar, *args], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"exemplar {' '.join(args)}\n{done.stderr}")


def order(text):
    return hashlib.md5(text.encode()).hexdigest()


def blur(image, sigma):
    at = np.arange(-4 * sigma, 4 * sigma + 1)
    kernel = np.exp(-at**2 / (2 * sigma**2))
    kernel /= kernel.sum()
    out = image.astype(float)
    for axis in range(2):
        padded = np.pad(out, [(4 * sigma, 4 * sigma) if a == axis else (0, 0) for a in range(2)], mode="edge")
        out = np.apply_along_axis(lambda v: np.convolve(v, kernel, mode="valid"), axis, padded)
    return np.round(out).astype(image.dtype)


def picked(folder):
    return pq.read_table(folder + "/selection.parquet")["image_id"].to_pylist()


def encode(exemplar, scratch, source):
    run(exemplar, "shard", *source, "--output=" + scratch + "/shards")
    run(exemplar, "train", "--input=" + scratch + "/shards", "--output=" + scratch + "/model")
    run(exemplar, "encode", "--input=" + scratch + "/shards", "--model=" + scratch + "/model", "--reconstruct", "--output=" + scratch + "/latents")
    return pa.concat_tables([pq.read_table(f) for f in sorted(glob.glob(scratch + "/latents/*.parquet"))])


def blurred(exemplar, images, scratch):
    names = sorted(glob.glob(images + "/**/*.tif*", recursive=True), key=lambda n: order(os.path.relpath(n, images)))[:1200]
    planted = set()
    os.makedirs(scratch + "/images")
    for i, name in enumerate(names):
        image, to = tifffile.imread(name), f"{order(os.path.relpath(name, images))[:12]}.tif"
        if i < 60:
            image = blur(image, 4)
            planted.add(to)
        tifffile.imwrite(f"{scratch}/images/{to}", image)
    encode(exemplar, scratch, [f"--input={scratch}/images"])
    print("| way | blurred of 100 picks, seeds 1 to 3 |\n|---|---|")
    for way, flags in BLURRED.items():
        counts = []
        for seed in range(1, 4):
            out = f"{scratch}/{order(way)[:8]}-{seed}"
            run(exemplar, "select", f"--input={scratch}/latents", "--output=" + out, "--gate=off", f"--seed={seed}", *flags)
            counts.append(len(planted & set(picked(out))))
        print(f"| {way} | {', '.join(map(str, counts))} |", flush=True)


def digits(folder, name):
    with gzip.open(f"{folder}/{name}.gz") as f:
        return np.frombuffer(f.read()[8:], np.uint8)


def mixture(exemplar, folder, scratch):
    labels = digits(folder, "t10k-labels-idx1-ubyte")
    t = encode(exemplar, scratch, [f"--input={folder}/t10k-images-idx3-ubyte.gz"])
    number = np.array([int("".join(c for c in i.split("/")[-1].split("#")[-1] if c.isdigit())) for i in t["image_id"].to_pylist()])
    number -= number.min()
    assert sorted(number) == list(range(len(labels))), t["image_id"][0]
    x = np.asarray(t["embedding"].combine_chunks().flatten(), dtype=np.float32).reshape(len(number), -1)
    print("\n| way | " + " | ".join(f"{s:.0%} mixed in" for s in SHARES) + " |\n|" + "---|" * (len(SHARES) + 1))
    for way, flags in MIXED.items():
        cells = []
        for share in SHARES:
            found = []
            for a, b in PAIRS:
                rng = np.random.default_rng(a)
                many, few = rng.permutation(np.flatnonzero(labels[number] == a)), rng.permutation(np.flatnonzero(labels[number] == b))
                n = min(900, int(900 * (1 - share) / max(share, 1 - share)))
                rows = np.concatenate([many[:n], few[: round(n * share / (1 - share))]])
                base = f"{scratch}/{order(way)[:8]}-{share}-{a}"
                np.save(base + ".npy", x[rows])
                with open(base + ".csv", "w") as f:
                    f.writelines(["image_id\n"] + [f"{labels[number[r]]}-{r}\n" for r in rows])
                run(exemplar, "select", f"--input={base}.npy", f"--ids={base}.csv", "--output=" + base, "--scope=global", "--budget=20", "--duplicates=skip", *flags)
                found.append(np.mean([i.startswith(f"{a}-") for i in picked(base)]))
            cells.append(f"{np.mean(found):.0%} ({min(found):.0%} to {max(found):.0%})")
        print(f"| {way} | {' | '.join(cells)} |", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--exemplar", required=True)
    p.add_argument("--nuclei", required=True, help="folder of TIFF images")
    p.add_argument("--mnist", required=True, help="folder of the four files")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for table, images in [(blurred, a.nuclei), (mixture, a.mnist)]:
            folder = f"{scratch}/{table.__name__}"
            os.makedirs(folder)
            table(a.exemplar, images, folder)


if __name__ == "__main__":
    main()
