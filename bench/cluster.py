"""Times the clusters of select against scikit-learn's KMeans and FAISS's.

    go build -o exemplar ./pipelines/exemplar
    python bench/cluster.py --exemplar=./exemplar --latents=LATENTS --clusters=100

Each runs in a process of its own, in turn, with as many threads: select as the
whole command, from the Parquet files to the picks; the others on vectors that are
in memory already, timed without reading them. All inertias are computed here, in
float64, from the centers. Needs numpy, pyarrow, scikit-learn and faiss-cpu."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pyarrow.parquet as pq


def read(folder):
    parts = []
    for path in sorted(pathlib.Path(folder).glob("latents-*.parquet")):
        column = pq.read_table(path, columns=["embedding"])["embedding"].combine_chunks()
        values = column.flatten() if hasattr(column, "flatten") else column.values
        parts.append(np.asarray(values, dtype=np.float32).reshape(len(column), -1))
    return np.concatenate(parts)


def inertia(x, centers):
    centers, total = centers.astype(np.float64), 0.0
    square = (centers**2).sum(1)
    for at in range(0, len(x), 4096):
        rows = x[at : at + 4096].astype(np.float64)
        nearest = np.argmin(square - 2 * rows @ centers.T, axis=1)
        total += ((rows - centers[nearest]) ** 2).sum()
    return total


def select(args, seed, folder):
    env = dict(os.environ, GOMAXPROCS=str(args.threads))
    start = time.perf_counter()
    subprocess.run(
        [args.exemplar, "select", f"--input={args.latents}", f"--output={folder}", f"--clusters={args.clusters}", f"--seed={seed}",
         f"--restarts={args.restarts}", f"--max_passes={args.passes}", "--gate=off", "--top=1", "--overwrite"],
        env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    table = pq.read_table(pathlib.Path(folder) / "centers.parquet")
    rows = [e for e, c in zip(table["embedding"].to_pylist(), table["center"].to_pylist()) if c == "kmeans"]
    return seconds, np.array(rows)


def sklearn(args, seed, _):
    from sklearn.cluster import KMeans

    x = read(args.latents)
    start = time.perf_counter()
    fitted = KMeans(args.clusters, n_init=args.restarts, random_state=seed).fit(x)
    return time.perf_counter() - start, fitted.cluster_centers_


def faiss(args, seed, _):
    import faiss

    x = read(args.latents)
    faiss.omp_set_num_threads(args.threads)
    start = time.perf_counter()
    fitted = faiss.Kmeans(x.shape[1], args.clusters, niter=25, nredo=args.restarts, seed=seed)
    fitted.train(x)
    return time.perf_counter() - start, fitted.centroids


ENGINES = {"select": select, "sklearn": sklearn, "faiss": faiss}


def one(args, name, seed, folder):
    """Runs an engine in a process of its own: seconds, CPU seconds, MB at the peak, centers."""
    out = pathlib.Path(folder) / "centers.npy"
    env = dict(os.environ)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        env[variable] = str(args.threads)
    process = subprocess.Popen([sys.executable, __file__, *sys.argv[1:], f"--engine={name}", f"--seed={seed}", f"--output={out}"],
                               stdout=subprocess.PIPE, env=env, text=True)
    text = process.stdout.read()
    if process.wait() != 0:
        raise SystemExit(f"{name} failed")
    seconds, cpu, peak = map(float, text.split())
    return seconds, cpu, peak, np.load(out)


def child(args):
    import resource

    with tempfile.TemporaryDirectory() as folder:
        seconds, centers = ENGINES[args.engine](args, args.seed, folder)
    who = resource.RUSAGE_CHILDREN if args.engine == "select" else resource.RUSAGE_SELF
    usage = resource.getrusage(who)
    np.save(args.output, centers)
    print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exemplar", required=True, help="the program, built")
    parser.add_argument("--latents", required=True, help="folder of latents")
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--passes", type=int, default=50, help="--max_passes of select")
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default=",".join(ENGINES))
    for hidden in ("--engine", "--output"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.engine:
        child(args)
        return
    x, results = read(args.latents), {name: [] for name in args.engines.split(",")}
    print(f"{len(x)} x {x.shape[1]}, {args.clusters} clusters, {args.threads} threads, {args.restarts} restarts")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, args.rounds + 1):
            for name, list_ in results.items():
                seconds, cpu, peak, centers = one(args, name, seed, folder)
                list_.append((seconds, cpu, peak, inertia(x, centers)))
                print(f"round {seed} {name:8} {seconds:8.2f} s {cpu:8.2f} s of CPU {peak:6.0f} MB  inertia {list_[-1][3]:.8g}", flush=True)
    for name, list_ in results.items():
        seconds, cpu, peak, value = (statistics.median(column) for column in zip(*list_))
        print(f"median  {name:8} {seconds:8.2f} s {cpu:8.2f} s of CPU {peak:6.0f} MB  inertia {value:.8g}")


if __name__ == "__main__":
    main()
