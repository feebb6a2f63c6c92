"""Every codec that pyarrow, polars and DuckDB offer, with pages of 1 KiB to 8 MiB,
nullable or not, in lists and in columns, is read as it was written, or refused by
name."""

import argparse
import pathlib
import shutil
import subprocess

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

PYARROW = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
POLARS = ["uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"]
DUCKDB = ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4", "lz4_raw"]
DIMENSION = 64
# Bytes of a page, and the rows of a row group: of a list of DIMENSION float32, and of
# the plain columns, that many bytes.
PAGES = [(1 << 10, 300, 1500), (64 << 10, 2048, 8192), (1 << 20, 6144, 131072), (8 << 20, 32768, 1048576)]


def numbers(rng, n):
    """Numbers of which half pack well and half not at all."""
    x = rng.normal(size=n).astype(np.float32)
    x[: n // 2] = np.round(x[: n // 2])
    return x


def tables(rng, groups, list_rows, plain_rows):
    """A table of lists and one of columns, each of some row groups."""
    n, m = groups * list_rows, groups * plain_rows
    rows = numbers(rng, n * DIMENSION)
    gaps = pa.array(numbers(rng, n * DIMENSION), mask=rng.random(n * DIMENSION) < 0.1)
    offsets = pa.array(np.arange(0, (n + 1) * DIMENSION, DIMENSION, dtype=np.int32))
    lists = pa.table({
        "id": [f"cell {i % 1000}" for i in range(n)],
        "list": pa.ListArray.from_arrays(offsets, pa.array(rows)),
        "nullable": pa.ListArray.from_arrays(offsets, gaps),
    })
    plain = numbers(rng, m).astype(np.float64)
    columns = pa.table({
        "plain": plain,
        "nullable": pa.array(plain[::-1], mask=rng.random(m) < 0.1),
        "few": pa.array(rng.integers(0, 9, m).astype(np.int32), mask=rng.random(m) < 0.3),
    }) if m < 1 << 20 else pa.table({"plain": plain, "nullable": pa.array(plain[::-1], mask=rng.random(m) < 0.1)})
    return {"lists": (lists, list_rows), "columns": (columns, plain_rows)}


def write(folder, name, table, rows, page):
    """Writes a table with every writer and codec; yields the files, and what each holds."""
    for codec in PYARROW:
        for version in ("1.0", "2.0"):
            path = folder / f"pyarrow-{codec}-{version}-{name}-{page}.parquet"
            pq.write_table(table, path, compression=codec, compression_level=1 if codec in ("brotli", "gzip") else None,
                           row_group_size=rows, data_page_size=page, data_page_version=version, write_batch_size=max(1, min(1024, page // 256)),
                           use_dictionary=["id", "few"], max_rows_per_page=1 << 30)
            yield path, table
    frame = pl.from_arrow(table)
    for codec in POLARS:
        path = folder / f"polars-{codec}-{name}-{page}.parquet"
        frame.write_parquet(path, compression=codec, compression_level=1 if codec in ("brotli", "gzip") else None, row_group_size=rows, data_page_size=page)
        yield path, table
    for codec in DUCKDB:
        path = folder / f"duckdb-{codec}-{name}-{page}.parquet"
        held = table
        if codec == "brotli" and page > 1 << 20:  # its best level takes a minute, but for what repeats
            held = pa.concat_tables([table.slice(0, 512)] * (len(table) // 512))
        frame = pl.from_arrow(held)  # by which name DuckDB finds it
        duckdb.sql("SELECT * FROM frame").write_parquet(str(path), compression=codec, row_group_size=rows)
        yield path, held


def compare(stem, table):
    """Compares what was read with a table; returns whether it was refused."""
    error = stem.with_name(stem.name + ".error")
    if error.exists():
        text = error.read_text()
        assert "is packed with" in text and "write the file again" in text, f"{stem.name}: {text}"
        return True
    for i, name in enumerate(table.column_names):
        want = table[name].combine_chunks()
        if name == "id":
            got = stem.with_name(f"{stem.name}.{i}.txt").read_text().splitlines()
            assert got == want.to_pylist(), f"{stem.name}: {name}"
            continue
        if pa.types.is_list(want.type):
            want = want.flatten()
        want = np.asarray(want.cast(pa.float64()).to_numpy(zero_copy_only=False))
        got = np.fromfile(stem.with_name(f"{stem.name}.{i}.f64"), "<f8")
        assert np.array_equal(got, want, equal_nan=True), f"{stem.name}: {name}: {got[:5]} where {want[:5]} was written"
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dump", type=pathlib.Path, required=True, help="the program .ci/dump")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the files")
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    files, refused = 0, []
    for page, list_rows, plain_rows in PAGES:
        for name, (table, rows) in tables(rng, 2 if page < 1 << 20 else 1, list_rows, plain_rows).items():
            folder = args.output / f"{page}-{name}"
            folder.mkdir(parents=True)
            paths = list(write(folder, name, table, rows, page))
            (folder / "list").write_text("".join(f"{path}\n" for path, _ in paths))
            subprocess.run([args.dump, f"--tables={folder / 'list'}", f"--output={folder / 'read'}"], check=True)
            for path, held in paths:
                if compare(folder / "read" / path.name, held):
                    refused.append(path.name)
                files += 1
            shutil.rmtree(folder)
    print(f"{files} Parquet files of three writers read as they were written, {len(refused)} refused by name {sorted(refused)}")


if __name__ == "__main__":
    main()
