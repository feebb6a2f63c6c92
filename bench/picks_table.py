"""The tables of picks.py, out of the lines of its cache: `python3 bench/picks_table.py picks.jsonl` prints them alone.

rank      the mean rank of a way among all, as a share: 0 is first, 1 is last, equal ones share the mean of their ranks; over
          collections, N, splits and figures. A collection, N and split that lacks one of the ways is left out, which is said.
behind    how far the rank is behind that of the first way, and the standard error of it over collections and splits
better    share of (collection, N, figure) with N of 20 and 100 (or all, where neither was measured) in which the picks are better
          than all 20 random selections: each split by itself / means over the splits, of the picks and of each of the 20. What is at
          a bound, where the best of the 20 has already the least that so many picks can have, is left out.
median    the same, better than the median random selection, or equal at the bound
figures   the mean share of the median of the 20 random selections: below 1 is better; classes: the number of labels that no pick has
bias      the mean over collections and splits (each the mean of its N), and in brackets its distance from 0.5 in standard errors; under
          it the one collection that is farthest, in standard errors over its splits and N
"""
import json, sys
import numpy as np
from picks_scores import FIGURES

DRAWS = "20 random selections"
SMALL = 1e-9


def select(lines, kind):
    """Values by (collection, N, split), then way, of the cells that have all ways."""
    cells = {}
    for v in lines:
        if v["kind"] == kind:
            cells.setdefault((v["collection"], v["n"], v["split"]), {})[v["way"]] = v
    ways = set().union(*cells.values()) if cells else set()
    whole = {key: cell for key, cell in cells.items() if set(cell) == ways}
    if len(whole) < len(cells):
        print(f"left out: {len(cells) - len(whole)} of {len(cells)} collections, N and splits lack the {kind} of a way", file=sys.stderr)
    programs = {v["program"] for cell in whole.values() for v in cell.values() if "program" in v}
    if len(programs) > 1:
        print(f"the {kind} are of several programs (sha256): {', '.join(sorted(programs))}", file=sys.stderr)
    return whole, [w for w in dict.fromkeys(v["way"] for v in lines if v["kind"] == kind) if w != DRAWS]


class Comparison:
    """Arrays over (cell, figure) for each way, and those of the random selections."""

    def __init__(self, cells, ways):
        self.keys = [(*key, f) for key, cell in cells.items() for f in FIGURES if f in cell[DRAWS]["draws"][0]]
        of = lambda key: cells[key[:3]]
        self.values = {w: np.array([of(k)[w]["figures"][k[3]] for k in self.keys]) for w in ways}
        self.draws = np.array([[d[k[3]] for d in of(k)[DRAWS]["draws"]] for k in self.keys])
        self.bounds = np.array([of(k)[DRAWS]["bounds"].get(k[3], -np.inf) for k in self.keys])
        all_ = np.array(list(self.values.values()))
        below = (all_[:, None] < all_[None] - SMALL).sum(0) + ((abs(all_[:, None] - all_[None]) <= SMALL).sum(0) - 1) / 2
        self.ranks = dict(zip(self.values, below / max(1, len(ways) - 1)))

    def behind(self, way, first):
        """The difference of mean ranks, and its standard error over collections and splits."""
        blocks = {}
        for key, v in zip(self.keys, self.ranks[way] - self.ranks[first]):
            blocks.setdefault((key[0], key[2]), []).append(v)
        means = [np.mean(v) for v in blocks.values()]
        return (self.ranks[way] - self.ranks[first]).mean(), np.std(means, ddof=1) / np.sqrt(len(means)) if len(means) > 1 else np.nan

    def rows(self, **wanted):
        """Which keys have one of the wanted values in each part that is named."""
        parts = ["collection", "n", "split", "figure"]
        return np.array([all(k[parts.index(p)] in v for p, v in wanted.items()) for k in self.keys], bool)

    def demanded(self):
        rows = self.rows(n=(20, 100))
        return rows if rows.any() else self.rows()

    def means(self, a):
        """The means over the splits of rows of an array, in the order of demanded_keys."""
        groups = {}
        for i in np.flatnonzero(self.demanded()):
            groups.setdefault((self.keys[i][0], self.keys[i][1], self.keys[i][3]), []).append(i)
        return list(groups), np.array([a[g].mean(0) for g in groups.values()])

    def better(self, way):
        """Shares better than all random selections (split by split, means) and than their median (the same)."""
        rows, best = self.demanded(), self.draws.min(1)
        free = rows & (best > self.bounds + SMALL)
        v, median = self.values[way], np.median(self.draws, 1)
        at = lambda v, middle, bound: (v < middle - SMALL) | ((abs(v - middle) <= SMALL) & (middle <= bound + SMALL))
        _, (mv, mm, mb), md = (*self.stack(v, median, self.bounds), self.means(self.draws)[1])
        mfree = md.min(1) > mb + SMALL
        return (
            (v < best - SMALL)[free].mean(), (mv < md.min(1) - SMALL)[mfree].mean(),
            at(v, median, self.bounds)[rows].mean(), at(mv, mm, mb).mean(),
        )

    def stack(self, *arrays):
        return self.means(arrays[0])[0], [self.means(a)[1] for a in arrays]

    def exceptions(self, way):
        """What is not better than the median random selection, means over the splits, as text."""
        median = np.median(self.draws, 1)
        keys, (v, m, b) = self.stack(self.values[way], median, self.bounds)
        worse = ~((v < m - SMALL) | ((abs(v - m) <= SMALL) & (m <= b + SMALL)))
        return [f"{c}, N = {n}, {f}: {v[i]:.4g}, the median {m[i]:.4g}" for i, (c, n, f) in enumerate(keys) if worse[i]]

    def shares(self, way):
        """The mean share of the median for each figure."""
        out = []
        for f in FIGURES:
            rows = self.rows(figure=(f,))
            median, v = np.median(self.draws, 1)[rows], self.values[way][rows]
            some = median > 0
            out.append("" if not len(v) else f"{v.mean():.2f}" if f == "classes" else f"{(v[some] / median[some]).mean():.2f}")
        return out


def bias(cells, way):
    """Mean, standard errors from 0.5, and the farthest collection with its standard errors, for each quality column."""
    by, each = {}, {}
    for (c, n, split), cell in cells.items():
        by.setdefault((c, split), []).append(cell[way]["bias"])
        each.setdefault(c, []).append(cell[way]["bias"])
    error = lambda v: np.maximum(v.std(0, ddof=1) / np.sqrt(len(v)), 1e-12) if len(v) > 1 else np.full(v.shape[1], np.nan)
    m = np.array([np.mean(v, 0) for v in by.values()])
    z = {c: (np.mean(v, 0) - 0.5) / error(np.array(v)) for c, v in each.items()}
    names = list(z)
    far = np.nan_to_num(np.array([z[c] for c in names]))
    farthest = [f"{names[i]} {far[i, j]:+.1f}" for j, i in enumerate(abs(far).argmax(0))]
    return m.mean(0), (m.mean(0) - 0.5) / error(m), farthest


def print_table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def write(lines):
    """Prints all tables."""
    cells, ways = select(lines, "figures")
    if not cells and not any(v["kind"] == "stability" for v in lines):
        sys.exit("nothing was measured of which all ways are known")
    if not cells:
        return stable(lines)
    c = Comparison(cells, ways)
    order = sorted(ways, key=lambda w: c.ranks[w].mean())
    names = list(dict.fromkeys(k[0] for k in c.keys))
    print(f"{len(ways)} ways, {len(cells)} collections, N and splits: " + "; ".join(
        f"{name}: N = {', '.join(str(n) for n in sorted({k[1] for k in cells if k[0] == name}))}, splits "
        f"{', '.join(str(s) for s in sorted({k[2] for k in cells if k[0] == name}))}" for name in names) + "\n")
    rows = []
    for w in order:
        a, b, d, e = (f"{100 * v:.0f}" for v in c.better(w))
        behind = "" if w == order[0] else "{:.3f} ± {:.3f}".format(*c.behind(w, order[0]))
        rows.append([w, f"{c.ranks[w].mean():.3f}", behind, f"{a} / {b} %", f"{d} / {e} %", *c.shares(w)])
    print_table(["way", "rank", "behind", "better", "median", *FIGURES], rows)
    mean = lambda w, **wanted: f"{c.ranks[w][c.rows(**wanted)].mean():.2f}" if c.rows(**wanted).any() else ""
    sizes = sorted({k[1] for k in c.keys})
    print_table(["rank of", *names, *(f"N = {n}" for n in sizes)], [
        [w, *(mean(w, collection=(name,)) for name in names), *(mean(w, n=(n,)) for n in sizes)] for w in order])
    print_table(["rank of", *FIGURES], [[w, *(mean(w, figure=(f,)) for f in FIGURES)] for w in order])
    rows = []
    for w in [*order, DRAWS]:
        m, z, far = bias(cells, w)
        rows.append(["all images of the halves" if w == DRAWS else w, *(f"{a:.3f} ({b:+.1f}); {f}" for a, b, f in zip(m, z, far))])
    print_table(["bias of", "reconstruction error", "sharpness", "brightness", "size"], rows)
    stable(lines)
    for w in (w for w in order if "representative" in w):
        found = c.exceptions(w)
        print(f"{w} is not better than the median random selection, means over the splits, in {len(found)}:\n")
        print("".join(f"- {f}\n" for f in found))


def stable(lines):
    """Prints the shares of picks that return, and that return or have one of their 1 % nearest images in their place, with the standard
    error of the latter over collections and splits, for each number of picks."""
    cells, ways = select(lines, "stability")
    if not cells:
        return
    what = [k for k, v in next(iter(next(iter(cells.values())).values())).items() if isinstance(v, list)]
    for n in sorted({key[1] for key in cells}):
        found = {w: {k: np.array([cell[w][k] for key, cell in cells.items() if key[1] == n]) for k in what} for w in ways}
        error = lambda v: v.std(ddof=1) / np.sqrt(len(v)) if len(v) > 1 else np.nan
        print_table([f"return of {n}, of", *what], [
            [w, *("{:.2f}, nearly {:.2f} ± {:.2f}".format(*found[w][k].mean(0), error(found[w][k][:, 1])) for k in what)]
            for w in sorted(ways, key=lambda w: -found[w][what[0]].mean(0)[1])])


def read(path):
    """The lines of a cache; of a key the last counts."""
    with open(path) as f:
        lines = [json.loads(line) for line in f]
    return list({tuple(v[k] for k in ("kind", "collection", "n", "split", "way")): v for v in lines}.values())


if __name__ == "__main__":
    write(read(sys.argv[1]))
