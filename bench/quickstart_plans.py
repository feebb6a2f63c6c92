#!/usr/bin/env python3
"""How well the picks of the quickstart represent their collection, by the model that they are picked with.

    go build -o exemplar ./pipelines/exemplar
    python3 bench/quickstart_plans.py --exemplar=./exemplar --images=IMAGES --reference=LATENTS linear=OUT/latents conv=OUT1/conv,OUT2/conv

A plan is NAME=LATENTS, or several of them with commas between, of trainings with other seeds. Of each, `select` picks with every seed of
--seeds, as the quickstart does: 100 images, or a tenth of a small collection. All picks are measured in the same spaces, on all
images: whitened principal components of the pixels (picks_scores.py), and with --reference the latents of one other model, as they are
and whitened. Skill is 1 less the mean squared distance of an image to the nearest pick, by that of 100 random selections of as many images.
Energy is the energy distance of picks and images over that of random selections. Labels, where the collection has folders for them: the
error of the nearest pick's label in pixels, as a mean over the labels. Of skill more is better, of the others less. The standard error is
that over trainings, or, of one training, over seeds.

It needs NumPy, pyarrow and Pillow.
"""
import argparse, os, sys, tempfile
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


class Space:
    """A space in which selections of the rows of x are measured, against random ones of as many."""

    def __init__(self, x, labels):
        self.x, self.labels, self.random = x, labels, {}
        self.mean = np.sqrt(picks_scores.squares(x, x)).mean()

    def raw(self, rows):
        d = picks_scores.squares(self.x, self.x[rows])
        r = np.sqrt(d)
        near = d.argmin(1)
        m = [d.min(1).mean(), picks_scores.energy(r, r[rows], self.mean)]
        if self.labels is not None:
            told = self.labels[rows][near] == self.labels
            m.append(1 - np.mean([told[self.labels == v].mean() for v in np.unique(self.labels)]))
        return np.array(m)

    def figures(self, rows):
        n = len(rows)
        if n not in self.random:
            rng = np.random.default_rng(7)
            self.random[n] = np.mean([self.raw(rng.choice(len(self.x), n, replace=False)) for _ in range(DRAWS)], 0)
        m, r = self.raw(rows), self.random[n]
        return [1 - m[0] / r[0], m[1] / r[1], *m[2:]]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("plans", nargs="+", metavar="NAME=LATENTS")
    p.add_argument("--exemplar", required=True, help="the program")
    p.add_argument("--images", required=True, help="the folder of images")
    p.add_argument("--reference", help="latents of the images by another model")
    p.add_argument("--seeds", type=int, default=4)
    a = p.parse_args()
    plans = {name: folders.split(",") for name, folders in (plan.split("=", 1) for plan in a.plans)}
    ids = sorted(picks.latents(next(iter(plans.values()))[0])[0]["image_id"].to_pylist())
    at = {name: i for i, name in enumerate(ids)}
    folders = np.array([os.path.dirname(i) for i in ids])
    labels = folders if 1 < len(set(folders)) <= 20 else None
    measured = {name: Space(x, labels if name == "pixels" else None) for name, x in spaces(a.images, a.reference, ids).items()}
    print("| plan | space | trainings x seeds | skill | energy | labels |\n|---|---|---:|---:|---:|---:|")
    for name, trained in plans.items():
        rows = []  # a figure for each training, seed and space
        for folder in trained:
            for seed in range(1, a.seeds + 1):
                with tempfile.TemporaryDirectory() as output:
                    picks.run(a.exemplar, "select", "--input=" + folder, "--output=" + output, f"--seed={seed}")
                    picked = [at[i] for i in pq.read_table(output + "/selection.parquet")["image_id"].to_pylist()]
                rows.append({s: space.figures(picked) for s, space in measured.items()})
        for s in measured:
            figures = np.array([r[s] for r in rows]).reshape(len(trained), a.seeds, -1)
            over = figures.mean(1) if len(trained) > 1 else figures[0]
            error = over.std(0, ddof=1) / np.sqrt(len(over)) if len(over) > 1 else over[0] * 0
            text = [f"{m:.3f} ± {e:.3f}" for m, e in zip(over.mean(0), error)]
            print("|", " | ".join([name, s, f"{len(trained)} x {a.seeds}", *text, *[""] * (3 - len(text))]), "|", flush=True)


if __name__ == "__main__":
    sys.exit(main())
