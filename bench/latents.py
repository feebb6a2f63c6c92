"""Times the writer and the reader of latents beside pyarrow's, on one core, in processor time.

    python bench/latents.py
    python bench/latents.py --latents=FOLDER/latents-00000-of-00004.parquet

Both write the same table to nowhere, with the same encodings: BYTE_STREAM_SPLIT for floats, zstd (level 1 for pyarrow),
page index, checksums; and read its embeddings from memory. Each runs in a process of its own, in turn; a round takes of each
the time that repetitions add. Afterwards the file is opened by pyarrow, pandas, polars and DuckDB, as far as they are
there, which have to find the same floats. Needs Go, numpy and pyarrow."""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent


def embedding_of(table):
    """The embedding as a matrix, of either layout."""
    if "embedding" in table.column_names:
        column = table["embedding"].combine_chunks()
        values = column.flatten() if hasattr(column, "flatten") else column.values
        return np.asarray(values, dtype=np.float32).reshape(len(column), -1)
    return np.stack([table[name].to_numpy() for name in table.column_names if name.startswith("z")], axis=1)


def matrix_of(frame):
    """The embedding of a pandas frame."""
    return np.stack(list(frame["embedding"])) if "embedding" in frame else frame.filter(regex=r"^z[0-9]+$").to_numpy()


def peer(name, writes, reads):
    """What pyarrow does, in a process of its own."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    table = pq.read_table(name, use_threads=False)
    size = 0
    words = [f.name for f in table.schema if pa.types.is_string(f.type) and f.name not in ("image_id", "sha256")] + ["shard", "qc_flags"]
    coding = {}
    for field in table.schema:
        path = "embedding.list.element" if field.name == "embedding" else field.name
        if field.name not in words:
            coding[path] = "BYTE_STREAM_SPLIT" if path != field.name or pa.types.is_float32(field.type) else "PLAIN"
    for _ in range(writes):
        out = pa.MockOutputStream()
        pq.write_table(table, out, compression="zstd", compression_level=1, use_dictionary=words, column_encoding=coding, row_group_size=8192,
                       data_page_size=1 << 20, write_page_checksum=True, write_page_index=True)
        size = out.size()
    data = pathlib.Path(name).read_bytes() if reads else b""
    columns = [c for c in table.column_names if c == "embedding" or "embedding" not in table.column_names and c.startswith("z")]
    for _ in range(reads):
        pq.read_table(pa.BufferReader(data), columns=columns, use_threads=False)
    print(size)


def cpu(command):
    """Runs a command on one core and returns its processor time and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"GOMAXPROCS": "1"}).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, out


def main():
    if sys.argv[1:2] == ["--peer"]:
        return peer(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--latents", help="a file of latents; otherwise 8,192 generated ones of 512 dimensions")
    flags.add_argument("--rounds", type=int, default=5)
    flags.add_argument("--repetitions", type=int, default=20, help="in a round")
    args = flags.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        ours = temp + "/latents"
        subprocess.run(["go", "build", "-o", ours, "./bench/latents"], check=True, cwd=HERE.parent)
        name = args.latents
        if not name:
            name = temp + "/generated.parquet"
            subprocess.run([ours, "--create=" + name], check=True)
        size = embedding_of(pq.read_table(name)).nbytes

        engines = {
            "exemplar": lambda w, r: [ours, "--input=" + name, f"--writes={w}", f"--reads={r}"],
            "pyarrow": lambda w, r: [sys.executable, __file__, "--peer", name, str(w), str(r)],
        }
        speeds, sizes = {}, {}
        for _ in range(args.rounds):
            for engine, command in engines.items():
                rest, _ = cpu(command(0, 0))
                for what, times in (("write", (args.repetitions, 0)), ("read", (0, args.repetitions))):
                    used, out = cpu(command(*times))
                    speeds.setdefault((what, engine), []).append(args.repetitions * size / 1e6 / max(used - rest, 1e-3))
                    if what == "write":
                        sizes[engine] = int(out)
        print(f"{size / 1e6:.1f} MB of embeddings, MB/s of processor time on one core, medians of {args.rounds} rounds; load {os.getloadavg()[0]:.0f}\n")
        print("| | exemplar | pyarrow " + pa.__version__ + " | exemplar is |\n|---|---:|---:|---:|")
        for what in ("write", "read"):
            mine, theirs = speeds[what, "exemplar"], speeds[what, "pyarrow"]
            ratio = statistics.median(a / b for a, b in zip(mine, theirs))
            print(f"| {what} | {statistics.median(mine):.0f} | {statistics.median(theirs):.0f} | {ratio:.2f}x ({min(a / b for a, b in zip(mine, theirs)):.2f}–{max(a / b for a, b in zip(mine, theirs)):.2f}) |")
        print(f"| bytes | {sizes['exemplar']:,} | {sizes['pyarrow']:,} | {sizes['exemplar'] / sizes['pyarrow']:.3f}x |\n")
        opened(name)


def opened(name):
    """Opens the file with other readers and compares the floats bit for bit."""
    want = embedding_of(pq.read_table(name)).view(np.uint32)
    sql = "select * from read_parquet('" + name + "')"
    for package, read in {
        "pandas": lambda m: matrix_of(m.read_parquet(name)),
        "polars": lambda m: embedding_of(m.read_parquet(name).to_arrow()),
        "duckdb": lambda m: embedding_of(m.sql(sql).to_arrow_table()),
    }.items():
        try:
            module = __import__(package)
        except ImportError:
            print(f"{package} is not there")
            continue
        got = np.ascontiguousarray(read(module), dtype=np.float32).view(np.uint32)
        if not np.array_equal(want, got):
            sys.exit(f"{package} {module.__version__} reads other floats")
        print(f"{package} {module.__version__} reads the same floats")


if __name__ == "__main__":
    main()
