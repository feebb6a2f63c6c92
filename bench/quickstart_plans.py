#!/usr/bin/env python3
"""How well the picks of the quickstart represent their collection, by the model that they are picked with.

    go build -o exemplar ./pipelines/exemplar
    python3 bench/quickstart_plans.py --exemplar=./exemplar --images=IMAGES --shards=SHARDS --reference=LATENTS linear=LATENTS conv=LATENTS,LATENTS

A plan is NAME=LATENTS, or several of them with commas between, of trainings with other seeds. `select` picks from each as the
quickstart does: 100 images, or a tenth of a small collection. All picks are measured in the same spaces, on all images:

grade       how many random images are as good in the pixels, and the range, as select says it of its own picks (median of trainings)
pixels      skill in whitened principal components of the pixels (picks_scores.py)
reference   skill in the latents of one other model, and whitened (--reference)
labels      error of the nearest pick's label in the pixels, as a mean over the labels, which are folders; less is better

Skill is 1 less the mean squared distance of an image to the nearest pick, by that of 100 random selections of as many images: more is better.
Below each plan but the first stands the mean difference to the first, with its standard error over the images, and over trainings where
there are several.

It needs NumPy, pyarrow and Pillow.
"""
import argparse, json, os, sys, tempfile
import numpy as np
import pyarrow.parquet as pq
import picks, picks_scores

DRAWS = 100


def spaces(images, reference, ids):
    shown = np.array([picks.pixels(os.path.join(images, i)) for i in ids])
    middle, white = picks_scores.whitening(shown)
    out = {"pixels": (shown - middle) @ white}
    if reference:
        t, x = picks.latents(reference)
        at = {name: i for i, name in enumerate(t["image_id"].to_pylist())}
        x = x[[at[i] for i in ids]]
        middle, white = picks_scores.whitening(x)
        out |= {"reference": x, "reference, whitened": (x - middle) @ white}
    return out


def distances(x, rows):
    return picks_scores.squares(x, x[rows])


def losses(x, n):
    """The squared distance of every row to the nearest of n random ones, the mean of many draws."""
    rng = np.random.default_rng(7)
    return np.mean([distances(x, rng.choice(len(x), n, replace=False)).min(1).mean() for _ in range(DRAWS)])


def misses(x, labels, rows):
    """Whether the label of the nearest pick is wrong, weighed so that the mean is one over the labels."""
    names, where, count = np.unique(labels, return_inverse=True, return_counts=True)
    wrong = labels[rows][distances(x, rows).argmin(1)] != labels
    return wrong * (len(labels) / len(names) / count[where])


def pick(exemplar, shards, folder, at):
    with tempfile.TemporaryDirectory() as output:
        picks.run(exemplar, "select", "--input=" + folder, "--shards=" + shards, "--output=" + output)
        with open(output + "/selection.json") as f:
            grade = json.load(f)["grade"]["sets"][0]["spaces"]
        e = next((s["equivalent"] for s in grade if s["space"] == "pixels"), {"random": 0, "low": 0, "high": 0})
        return [at[i] for i in pq.read_table(output + "/selection.parquet")["image_id"].to_pylist()], [e[k] for k in ("random", "low", "high")]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("plans", nargs="+", metavar="NAME=LATENTS")
    p.add_argument("--exemplar", required=True, help="the program")
    p.add_argument("--images", required=True, help="the folder of images")
    p.add_argument("--shards", required=True, help="their shards")
    p.add_argument("--reference", help="latents of the images by another model")
    a = p.parse_args()
    plans = {name: folders.split(",") for name, folders in (plan.split("=", 1) for plan in a.plans)}
    ids = sorted(picks.latents(next(iter(plans.values()))[0])[0]["image_id"].to_pylist())
    at = {name: i for i, name in enumerate(ids)}
    folders = np.array([os.path.dirname(i) for i in ids])
    labels = folders if 1 < len(set(folders)) <= 20 else None
    measured, random, first = spaces(a.images, a.reference, ids), {}, None
    columns = [*measured, *(["labels"] if labels is not None else [])]
    print("| plan | trainings | grade |", " | ".join(columns), "|\n|---|---:|---:|" + "---:|" * len(columns))
    for name, trained in plans.items():
        of, grades = {c: [] for c in columns}, []  # a row for each training, a column for each image
        for folder in trained:
            rows, grade = pick(a.exemplar, a.shards, folder, at)
            grades.append(grade)
            for s, x in measured.items():
                if (s, len(rows)) not in random:
                    random[s, len(rows)] = losses(x, len(rows))
                of[s].append(1 - distances(x, rows).min(1) / random[s, len(rows)])
            if labels is not None:
                of["labels"].append(misses(measured["pixels"], labels, rows))
        of = {c: np.array(v) for c, v in of.items()}
        random_, low, high = np.median(grades, 0)
        print(f"| {name} | {len(trained)} | {random_:.0f} ({low:.0f} to {high:.0f}) |", " | ".join(f"{of[c].mean():.3f}" for c in columns), "|", flush=True)
        if first is None:
            first = of
            continue
        text = []
        for c in columns:
            d = of[c] - first[c].mean(0)
            images = d.mean(0).std(ddof=1) / np.sqrt(d.shape[1])
            trainings = d.mean(1).std(ddof=1) / np.sqrt(len(d)) if len(d) > 1 else 0
            text.append(f"{d.mean():+.3f} ± {np.hypot(images, trainings):.3f}")
        print("| | | |", " | ".join(text), "|", flush=True)


if __name__ == "__main__":
    sys.exit(main())
