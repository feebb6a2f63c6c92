"""Ways of others to pick N of n vectors, for picks.py: each is a function of x, N and a seed that returns row numbers.

What is installed is used: scikit-learn (k-means, TypiClust, ProbCover, ssl-data-curation, FiftyOne), kmedoids (FasterPAM),
apricot-select (facility location) and goodpoints (kernel thinning). The others are written here in NumPy from the papers that are
named, and so are ways that are no one's product but were tried: exchanges on MMD, and on the sum of error and energy distance.
`available` says which there are, and names on stderr each that is left out because its package is missing.
"""
import importlib.util, sys
import numpy as np


def squares(a, b):
    d = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T
    return np.maximum(d, 0)


def median(d):
    return np.median(d[np.triu_indices(len(d), 1)])


def first_free(orders):
    """For each order of preference the first row that no earlier one took."""
    taken = []
    for order in orders:
        taken.append(next(i for i in order if i not in taken))
    return taken


def k_means(x, k, seed, **options):
    from sklearn.cluster import KMeans
    return KMeans(k, random_state=seed, **options).fit(x)


def k_means_nearest(x, n, seed):
    centers = k_means(x, n, seed, n_init=3).cluster_centers_
    return first_free(np.argsort(squares(centers, x), axis=1))


def faster_pam(x, n, seed):
    import kmedoids
    return kmedoids.fasterpam(np.sqrt(squares(x, x)), n, random_state=seed).medoids


def apricot_facility(x, n, seed):
    """Facility location as apricot's users meet it: Euclidean distances, which it makes similarities, and the lazy greedy."""
    from apricot import FacilityLocationSelection
    return FacilityLocationSelection(n, metric="euclidean", optimizer="lazy", random_state=seed).fit(x).ranking


def herding(x, n, seed):
    """Kernel herding (Chen, Welling & Smola 2010), RBF kernel at half the median squared distance, without replacement."""
    d = squares(x, x)
    k = np.exp(-d / median(d))
    mean, sum_, taken = k.mean(1), np.zeros(len(x)), []
    for t in range(n):
        gain = mean - sum_ / (t + 1)
        gain[taken] = -np.inf
        taken.append(int(gain.argmax()))
        sum_ += k[taken[-1]]
    return taken


def exchange(k, picks):
    """Lowers the squared MMD of kernel k between picks and all rows by the best exchange of one pick after the other."""
    picks, n, mean = np.array(picks), len(picks), k.mean(1)
    sums, own = k[:, picks].sum(1), np.diag(k)
    for _ in range(50):
        gained = False
        for i, s in enumerate(picks):
            change = (2 * (sums - k[:, s]) + own - 2 * sums[s] + own[s]) / n**2 - 2 / n * (mean - mean[s])
            change[picks] = 0
            c = change.argmin()
            if change[c] < -1e-12:
                picks[i], gained = c, True
                sums += k[:, c] - k[:, s]
        if not gained:
            break
    return picks


def support_points(x, n, seed):
    """Support points (Mak & Joseph 2018): the energy distance, lowered by exchanges of rows."""
    return exchange(-np.sqrt(squares(x, x)), np.random.default_rng(seed).choice(len(x), n, replace=False))


def mmd_exchange(x, n, seed):
    """The MMD of four RBF kernels, lowered by exchanges: no one's product."""
    d = squares(x, x)
    k = sum(np.exp(-d / (w * median(d))) for w in (0.1, 0.3, 1, 3))
    return exchange(k, np.random.default_rng(seed).choice(len(x), n, replace=False))


def kernel_thinning(x, n, seed):
    """Kernel thinning (Dwivedi & Mackey 2021) of goodpoints, of as many random rows as halvings lead from to n."""
    from goodpoints import kt
    halvings = int(np.log2(len(x) / n))
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(x))[: n << halvings]
    width = median(squares(x, x))
    kernel = lambda y, z: np.exp(-((np.atleast_2d(y) - np.atleast_2d(z)) ** 2).sum(1) / width)
    return rows[kt.thin(np.ascontiguousarray(x[rows]), halvings, kernel, kernel, seed=rng, unique=True, store_K=True)]


def greedy_cover(k, n):
    """The rows that raise the sum of the largest similarities most, one after the other: the lazy greedy."""
    most, gain, taken = np.zeros(len(k)), k.sum(1), []
    while len(taken) < n:
        i = int(gain.argmax())
        gain[i] = np.maximum(k[i] - most, 0).sum()
        if gain[i] >= gain.max():
            taken.append(i)
            most, gain[i] = np.maximum(most, k[i]), -np.inf
    return taken


def max_herding(x, n, seed):
    """MaxHerding (Bae et al. 2024): the coverage of an RBF kernel of width 1 on vectors of length 1."""
    y = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return greedy_cover(np.exp(-squares(y, y)), n)


def dpp(x, n, seed):
    """The mode of a determinantal point process, greedily (Chen, Zhang & Zhou 2018), of the RBF kernel of herding."""
    d = squares(x, x)
    k = np.exp(-d / median(d))
    left, basis, taken = np.diag(k).copy(), np.zeros((n, len(x))), []
    for t in range(n):
        left[taken] = -np.inf
        i = int(left.argmax())
        basis[t] = (k[i] - basis[:t, i] @ basis[:t]) / np.sqrt(max(left[i], 1e-12))
        left = left - basis[t] ** 2
        taken.append(i)
    return taken


def k_center(x, n, seed):
    """k-center greedy (Sener & Savarese 2018) from a random row."""
    taken = [int(np.random.default_rng(seed).integers(len(x)))]
    least = squares(x, x[taken])[:, 0]
    while len(taken) < n:
        taken.append(int(least.argmax()))
        least = np.minimum(least, squares(x, x[taken[-1:]])[:, 0])
    return taken


def typiclust(x, n, seed):
    """TypiClust (Hacohen, Dekel & Weinshall 2022): of each of n clusters, the large first, the row with the nearest neighbors."""
    labels, d = k_means(x, min(n, 500), seed, n_init=1).labels_.copy(), np.sqrt(squares(x, x))
    sizes = np.bincount(labels)
    order = [c for c in np.argsort(-sizes, kind="stable") if sizes[c] > 5] or [int(sizes.argmax())]
    taken = []
    for t in range(n):
        rows = np.flatnonzero(labels == order[t % len(order)])
        if not len(rows):  # a cluster is used up, which its code does not meet
            rows = np.flatnonzero(labels >= 0)
        near = min(20, max(1, len(rows) // 2))
        i = rows[np.sort(d[np.ix_(rows, rows)], axis=1)[:, 1 : near + 1].sum(1).argmin()]
        taken.append(int(i))
        labels[i] = -1
    return taken


def probcover(x, n, seed):
    """ProbCover (Yehuda et al. 2022): balls that hold most rows that are not covered, of the largest radius of which 95 % are pure
    in the labels of k-means."""
    d, labels = np.sqrt(squares(x, x)), k_means(x, min(20, len(x) // 2), seed, n_init=1).labels_
    other = np.where(labels[:, None] != labels[None], d, np.inf).min(1)
    ball, free, taken = d < np.quantile(other, 0.05), np.ones(len(x), bool), []
    for _ in range(n):
        degree = ball[:, free].sum(1).astype(float)
        degree[taken] = -1
        taken.append(int(degree.argmax()))
        free &= ~ball[taken[-1]]
    return taken


def ssl_data_curation(x, n, seed):
    """Hierarchical k-means (Vo et al. 2024): 4n clusters, n clusters of their centers with ten rounds of resampling, and out of
    each as nearly the same number of random rows as there are, their clusters in turn."""
    rng = np.random.default_rng(seed)
    fine = k_means(x, max(n, min(4 * n, len(x) // 2)), seed, n_init=1)
    y = fine.cluster_centers_
    top = k_means(y, n, seed, n_init=1).cluster_centers_
    for _ in range(10):
        d = squares(y, top)
        near = d.argmin(1)
        kept = [i for c in range(n) for i in np.flatnonzero(near == c)[np.argsort(d[near == c, c])[: max(1, len(y) // n // 2)]]]
        top = k_means(y[kept], n, seed, n_init=1).cluster_centers_ if len(kept) > n else y[kept]
    group, taken = squares(y, top).argmin(1)[fine.labels_], []
    members = [list(rng.permutation(np.flatnonzero(group == c))) for c in range(len(top))]
    while len(taken) < n:
        for m in [m for m in members if m][: n - len(taken)]:
            taken.append(int(m.pop()))
    return taken


def fiftyone(x, n, seed):
    """compute_representativeness of FiftyOne as it is: the distance to the nearest of 20 k-means centers as a share of the largest in
    the cluster, so that what it calls most representative is at the edges."""
    fit = k_means(x, min(20, len(x) // 2), 1234)
    d = np.linalg.norm(x - fit.cluster_centers_[fit.labels_], axis=1)
    for c in np.unique(fit.labels_):
        d[fit.labels_ == c] /= d[fit.labels_ == c].max()
    return np.argsort(-d, kind="stable")[:n]


def joint(weight):
    """Error and energy distance, each as a share of that of random rows: greedy for the error, then exchanges for both."""

    def pick(x, n, seed):
        d2, rng = squares(x, x), np.random.default_rng(seed)
        d, rows = np.sqrt(d2), np.arange(len(x))
        mean = d.mean(1)
        error = np.mean([d2[:, rng.choice(len(x), n, replace=False)].min(1).mean() for _ in range(20)])
        factor = weight / (mean.mean() * (len(x) - n) / (n * (len(x) - 1)))
        picks, since = np.array(greedy_cover(d2.max() - d2, n)), 0
        two, changed = np.zeros((len(x), 2), int), rows  # the two nearest picks of each row, and the rows of which they are to be found
        for c in np.tile(rows, 30):
            if len(changed):
                part = d2[np.ix_(changed, picks)]
                least = np.argpartition(part, 1, axis=1)[:, :2]
                order = np.argsort(np.take_along_axis(part, least, 1), axis=1)
                two[changed] = np.take_along_axis(least, order, 1)
                near, first, second = two[:, 0], d2[rows, picks[two[:, 0]]], d2[rows, picks[two[:, 1]]]
                sums, loss, changed = d[:, picks].sum(1), np.bincount(near, second - first, n), rows[:0]
            since += 1
            if since > len(x):
                break
            if c in picks:
                continue
            better = np.where(d2[c] < first, first - second, np.minimum(d2[c] - second, 0))
            change = (np.minimum(d2[c] - first, 0).sum() + loss + np.bincount(near, better, n)) / len(x) / error
            change += factor * (2 / n * (mean[c] - mean[picks]) - 2 / n**2 * (sums[c] - d[c, picks] - sums[picks]))
            i = change.argmin()
            if change[i] < -1e-9:
                picks[i], since = c, 0
                changed = np.flatnonzero((two == i).any(1) | (d2[c] < second))
        return picks

    return pick


PEERS = {
    "k-means + nearest (scikit-learn)": (k_means_nearest, "sklearn"),
    "FasterPAM (kmedoids)": (faster_pam, "kmedoids"),
    "facility location (apricot)": (apricot_facility, "apricot"),
    "kernel herding": (herding, None),
    "support points": (support_points, None),
    "kernel thinning (goodpoints)": (kernel_thinning, "goodpoints"),
    "MaxHerding": (max_herding, None),
    "DPP, greedy mode": (dpp, None),
    "k-center": (k_center, None),
    "TypiClust": (typiclust, "sklearn"),
    "ProbCover": (probcover, "sklearn"),
    "ssl-data-curation": (ssl_data_curation, "sklearn"),
    "FiftyOne": (fiftyone, "sklearn"),
    "tried: MMD of four widths, exchange": (mmd_exchange, None),
    "tried: error + 0.3 energy, exchange": (joint(0.3), None),
    "tried: error + energy, exchange": (joint(1), None),
}


def available():
    """The ways whose packages are here; the others are named on stderr."""
    found = {}
    for name, (pick, package) in PEERS.items():
        if package is None or importlib.util.find_spec(package):
            found[name] = pick
        else:
            print(f"left out: {name}: Python finds no package {package}", file=sys.stderr)
    return found
