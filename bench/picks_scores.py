"""What picks.py measures: figures of picks on images that no way of picking saw. Shares no code with the project; needs NumPy.

error     mean squared distance to the nearest pick, in latents
radius    99th percentile of the distance
mmd2      squared maximum mean discrepancy, RBF kernel at half the median squared distance
energy    energy distance
w-error, w-energy   error and energy distance in whitened principal components of the pixels (32 at most, of images averaged to
          16 x 16 pixels at most), a space that no way used
labels    error of the nearest pick's label, as a mean over the labels
classes   labels that no pick has
shares    total variation distance of label shares; c-shares: of shares of 20 clusters
quality   energy distance of the percentiles that picks have within their cluster, in reconstruction error,
          sharpness, brightness and size, from an even distribution
Of all of them less is better. The mean of the percentiles is the bias of picks: 0.5 is unbiased.
"""
import numpy as np

QUALITY = ["mse", "sharpness", "mean", "object_fraction"]
FIGURES = ["error", "radius", "mmd2", "energy", "w-error", "w-energy", "labels", "classes", "shares", "c-shares", "quality"]


def squares(a, b):
    d = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T
    return np.maximum(d, 0)


def energy(cross, picks, all_):
    return 2 * cross.mean() - picks.mean() - all_


def averaging(size, to=16):
    """The matrix that averages rows of so many pixels to 16 or fewer, pixels on a border in parts."""
    to = min(size, to)
    edges = np.arange(to + 1) * size / to
    at = np.arange(size)
    part = np.minimum(at[None] + 1, edges[1:, None]) - np.maximum(at[None], edges[:-1, None])
    return np.maximum(part, 0) * to / size


def clusters(x, k, rng):
    centers = x[rng.choice(len(x), k, replace=False)]
    for _ in range(50):
        near = squares(x, centers).argmin(1)
        centers = np.array([x[near == i].mean(0) if (near == i).any() else centers[i] for i in range(k)])
    return centers


def whitening(x, keep=32):
    """The middle, and the matrix to at most 32 principal components of variance 1."""
    middle = x.mean(0)
    _, s, v = np.linalg.svd(x - middle, full_matrices=False)
    keep = min(keep, int((s > 1e-6 * s[0]).sum()))
    return middle, v[:keep].T / s[:keep] * np.sqrt(len(x))


def least_variation(shares, n):
    """The total variation distance from shares that n picks can at best have: largest remainders."""
    count = np.floor(shares * n)
    count[np.argsort(count - shares * n)[: n - int(count.sum())]] += 1
    return abs(count / n - shares).sum() / 2


class Half:
    """The half that is measured on, 2,000 images at most, with all figures of picks.

    t has a row for each image of the collection: x (latents), pixels, q (QUALITY), labels or None. Picks are rows of t.
    """

    def __init__(self, t, unseen, split):
        rng = np.random.default_rng(split)
        self.t, self.unseen = t, rng.permutation(unseen)[:2000]
        self.y = t["x"][self.unseen]
        self.k = int(np.clip(len(self.y) // 25, 2, 20))
        self.centers = clusters(self.y, self.k, rng)
        self.near = squares(self.y, self.centers).argmin(1)
        d = squares(self.y, self.y)
        self.width = np.median(d[np.triu_indices(len(d), 1)])
        self.kernel, self.mean = np.exp(-d / self.width).mean(), np.sqrt(d).mean()
        middle, white = whitening(t["pixels"][self.unseen])
        self.w = (t["pixels"] - middle) @ white
        self.wmean = np.sqrt(squares(self.w[self.unseen], self.w[self.unseen])).mean()
        self.cshares = np.bincount(self.near, minlength=self.k) / len(self.near)
        self.names = None
        if t["labels"] is not None:
            self.truth = t["labels"][self.unseen]
            self.names, count = np.unique(self.truth, return_counts=True)
            self.lshares = count / count.sum()

    def bounds(self, n):
        """The least value of figures that n picks can reach, where that is known."""
        b = {"c-shares": least_variation(self.cshares, n)}
        if self.names is not None:
            b |= {"labels": 0, "classes": max(0, len(self.names) - n), "shares": least_variation(self.lshares, n)}
        return b

    def percentiles(self, picks):
        """A row for each pick, a column for each of QUALITY; picks of a cluster that holds no image of this half have none."""
        out = []
        for p, c in zip(picks, squares(self.t["x"][picks], self.centers).argmin(1)):
            others, own = self.t["q"][self.unseen[self.near == c]], self.t["q"][p]
            if len(others):
                out.append(((others < own).mean(0) + (others <= own).mean(0)) / 2)
        return np.array(out)

    def figures(self, picks):
        """All figures of picks, and their mean percentile in each column of QUALITY."""
        picks = np.asarray(picks)
        p, w = self.t["x"][picks], self.w[picks]
        d, pp = squares(self.y, p), squares(p, p)
        dw, least = squares(self.w[self.unseen], w), d.min(1)
        m = {
            "error": least.mean(), "radius": np.sqrt(np.quantile(least, 0.99)),
            "mmd2": self.kernel + np.exp(-pp / self.width).mean() - 2 * np.exp(-d / self.width).mean(),
            "energy": energy(np.sqrt(d), np.sqrt(pp), self.mean),
            "w-error": dw.min(1).mean(), "w-energy": energy(np.sqrt(dw), np.sqrt(squares(w, w)), self.wmean),
        }
        if self.names is not None:
            labels = self.t["labels"][picks]
            told = labels[d.argmin(1)]
            m["labels"] = 1 - np.mean([(told[self.truth == v] == v).mean() for v in self.names])
            m["classes"] = sum(v not in labels for v in self.names)
            m["shares"] = abs(np.array([(labels == v).mean() for v in self.names]) - self.lshares).sum() / 2
        counts = np.bincount(squares(p, self.centers).argmin(1), minlength=self.k)
        m["c-shares"] = abs(counts / len(picks) - self.cshares).sum() / 2
        q, even = self.percentiles(picks), (np.arange(200) + 0.5) / 200
        m["quality"] = sum(energy(abs(c[:, None] - even), abs(c[:, None] - c), abs(even[:, None] - even).mean()) for c in q.T)
        return {name: float(v) for name, v in m.items()}, [float(v) for v in q.mean(0)]


def returning(x, picks, others):
    """The share of picks that are among others, and that are or have one of their 1 % nearest rows of x among them."""
    near = max(1, len(x) // 100)
    d = squares(x[picks], x)
    rank = (d < d[:, others].min(1)[:, None]).sum(1)  # of the nearest of the others, 0 for the pick itself
    same = np.isin(picks, others)
    return [float(same.mean()), float((same | (rank <= near)).mean())]
