"""Vectors of other programs, written by pandas, pyarrow, polars and NumPy, are
selected from: the same picks whatever the file, those that NumPy finds, and a
selection that verify holds."""

import argparse
import pathlib
import subprocess

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, DIMENSION = 3000, 16


def collection():
    """Vectors of eight groups, one dimension of which dwarfs the others."""
    rng = np.random.default_rng(1)
    group = rng.integers(0, 8, ROWS)
    x = 3 * rng.normal(size=(8, DIMENSION))[group] + rng.normal(size=(ROWS, DIMENSION))
    x[:, 3] += 100
    return [f"cell/{i:05d} é, '{i % 3}.png" for i in range(ROWS)], x.astype(np.float32)


def write(folder, ids, x):
    """Writes the collection in several ways; returns the flags that read each."""
    lists = [list(map(float, row)) for row in x]
    half = ROWS // 2
    (folder / "pandas").mkdir(parents=True)
    for name, part in (("1", slice(0, half)), ("2", slice(half, None))):
        pd.DataFrame({"name": ids[part], "emb": lists[part]}).to_parquet(folder / "pandas" / f"{name}.parquet", row_group_size=400)
    fixed = pa.FixedSizeListArray.from_arrays(pa.array(x.ravel()), DIMENSION)
    pq.write_table(pa.table({"image_id": ids, "embedding": fixed}), folder / "arrow.parquet")
    pl.DataFrame({"image_id": ids, "embedding": x}).write_parquet(folder / "polars.parquet")
    features = pd.DataFrame(x.astype(np.float64), columns=[f"Cells_{i:02d}" for i in range(DIMENSION)])
    features.insert(0, "id", ids)
    features.to_parquet(folder / "features.parquet")
    features.to_csv(folder / "features.csv", index=False)
    pl.from_pandas(features).write_csv(folder / "polars.csv")
    np.save(folder / "matrix.npy", x)
    pd.DataFrame({"image_id": ids}).to_csv(folder / "ids.csv", index=False)
    return {
        "pandas": ["--id_column=name", "--vector_column=emb"],
        "arrow.parquet": ["--vector_column=embedding"],
        "polars.parquet": ["--vector_column=embedding"],
        "features.parquet": ["--id_column=id", "--vector_columns=^Cells_"],
        "features.csv": ["--id_column=id", "--vector_columns=^Cells_"],
        "polars.csv": ["--id_column=id", "--vector_columns=^Cells_"],
        "matrix.npy": [f"--ids={folder / 'ids.csv'}"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs select and verify")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the files")
    args = parser.parse_args()
    ids, x = collection()
    picks = {}
    for name, flags in write(args.output, ids, x).items():
        out = args.output / f"selection-{name}"
        subprocess.run([args.bin / "select", f"--input={args.output / name}", f"--output={out}", "--scope=global,cluster",
                        "--clusters=8", "--space=zscore", "--top=10", *flags], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([args.bin / "verify", f"--input={out}"], check=True, stdout=subprocess.DEVNULL)
        table = pd.read_csv(out / "selection.csv")
        want = ["all" if p.scope == "global" else f"c{int(p.group_id):02d}" for p in table.itertuples()]
        if list(table.group) != want:
            raise SystemExit(f"{name}: pandas reads the groups {sorted(set(table.group))}")
        picks[name] = table[["scope", "group_id", "rank", "image_id", "distance"]]
    first = picks["matrix.npy"]
    for name, table in picks.items():
        if not table.equals(first):
            raise SystemExit(f"{name}: other picks than from matrix.npy")

    z = x.astype(np.float64)
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    distance = np.linalg.norm(z, axis=1)
    order = np.argsort(distance)[:10]
    chosen = first[first.scope == "global"]
    if list(chosen.image_id) != [ids[i] for i in order] or not np.allclose(chosen.distance, distance[order], rtol=1e-5):
        raise SystemExit("the ten images nearest to the mean of the z-scores are not those that NumPy finds")
    print(f"{len(picks)} ways to write {ROWS} vectors: the same {len(first)} picks, those of NumPy; verified")


if __name__ == "__main__":
    main()
