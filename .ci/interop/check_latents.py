"""pyarrow, pandas, polars and DuckDB read the latents: pyarrow sees a fixed-size
list of float32, and every value equals, bit for bit, what this project's own
reader returns (the plain files of .ci/dump). object_fraction is the last column,
and all of them read the same.
"""

import argparse
import json
import pathlib

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from check import require


def with_pyarrow(path):
    table = pq.read_table(path)
    kind = table.schema.field("embedding").type
    require(
        pa.types.is_fixed_size_list(kind) and kind.value_type == pa.float32(),
        f"{path}: pyarrow sees the embedding as {kind}",
    )
    require(table["embedding"].null_count == 0, f"{path}: null embeddings")
    flat = table["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(-1, kind.list_size), table["image_id"].to_pylist()


def with_pandas(path):
    frame = pd.read_parquet(path)
    return np.stack(frame["embedding"].to_list()), frame["image_id"].to_list()


def with_polars(path):
    frame = pl.read_parquet(path)
    return np.stack(frame["embedding"].to_numpy()), frame["image_id"].to_list()


def with_duckdb(path):
    rows = duckdb.execute("select embedding, image_id from read_parquet(?)", [str(path)]).fetchnumpy()
    return np.stack([np.asarray(z, dtype=np.float32) for z in rows["embedding"]]), list(rows["image_id"])


READERS = {"pyarrow": with_pyarrow, "pandas": with_pandas, "polars": with_polars, "duckdb": with_duckdb}


def sizes(path):
    """Checks object_fraction, a nullable float32 behind all other columns."""
    field = pq.read_schema(path)[-1]
    require(
        (field.name, field.type, field.nullable) == ("object_fraction", pa.float32(), True),
        f"{path}: the last column is {field}",
    )
    got = pq.read_table(path, columns=[field.name])[field.name].to_numpy()
    others = {
        "pandas": pd.read_parquet(path)[field.name].to_numpy(),
        "polars": pl.read_parquet(path)[field.name].to_numpy(),
        "duckdb": duckdb.execute("select object_fraction from read_parquet(?)", [str(path)]).fetchnumpy()[field.name],
    }
    for reader, values in others.items():
        require(np.asarray(values, np.float32).tobytes() == got.tobytes(), f"{path}: {reader} reads other sizes")
    require(((got >= 0) & (got <= 1)).all(), f"{path}: a share is not in [0, 1]")
    return got


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latents", type=pathlib.Path, required=True)
    parser.add_argument("--dump", type=pathlib.Path, required=True, help="output of .ci/dump")
    args = parser.parse_args()

    manifest = json.loads((args.latents / "_latents.json").read_text())
    dimension, total = manifest["spec"]["dimension"], 0
    for info in manifest["files"]:
        path, stem = args.latents / info["file"], args.dump / pathlib.Path(info["file"]).stem
        want = np.fromfile(stem.with_suffix(".f32"), "<f4").reshape(-1, dimension)
        ids = stem.with_suffix(".ids").read_text().splitlines()
        require(len(ids) == len(want) == info["rows"], f"{path}: {len(ids)} rows, manifest says {info['rows']}")
        if len(want) == 0:
            continue
        for reader, read in READERS.items():
            got, got_ids = read(path)
            require(got.dtype == np.float32, f"{path}: {reader} reads {got.dtype}")
            require(got.shape == want.shape, f"{path}: {reader} reads {got.shape}, want {want.shape}")
            require(got_ids == ids, f"{path}: {reader} reads other image ids")
            require(got.tobytes() == want.tobytes(), f"{path}: {reader} reads other values")
        if manifest["spec"].get("object_fraction"):  # not of vectors of another program
            sizes(path)
        total += len(want)
    require(total == manifest["rows"] > 0, f"{total} rows, manifest says {manifest['rows']}")
    versions = f"pyarrow {pa.__version__}, pandas {pd.__version__}, polars {pl.__version__}, duckdb {duckdb.__version__}"
    print(f"{versions}: {total} rows of fixed_size_list<float>[{dimension}], equal to the last bit")


if __name__ == "__main__":
    main()
