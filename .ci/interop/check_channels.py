"""Cells of five channels are the same shards whatever files they come from, and what is made of
them is what NumPy, tifffile, ome-types and pyarrow find.

channels.py writes 600 cells in seven ways. Checked are: one sha256 of all shards; every pixel, by a
reader of TFRecords of its own; names, full scale and the size of a pixel in the manifests; the
picked originals, OME-TIFF; the columns of each channel in the latents; and that a selection tells
apart what the third channel alone shows: the nearest pick has an image's type, and has not where
that channel is left out.
"""

import argparse
import hashlib
import json
import pathlib
import struct
import subprocess
import time

import numpy as np
import pyarrow.parquet as pq
import tifffile

import channels
from check import require

NUMBER = 600
NAMES = channels.NAMES


def run(binary, command, *flags):
    """Runs a command of exemplar, and ends the program where it fails."""
    done = subprocess.run([binary, command, *map(str, flags)], capture_output=True, text=True)
    require(done.returncode == 0, f"exemplar {command} {' '.join(map(str, flags))}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """The fields of a message of protocol buffers: number, and an integer or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            require(key & 7 == 2, f"wire type {key & 7} in a record")
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def example(data):
    """The features of a tf.train.Example, each of one value."""
    found = {}
    for _, features in fields(data):
        for _, entry in fields(features):
            entry = dict(fields(entry))
            ((kind, values),) = fields(entry[2])
            ((_, value),) = fields(values)
            if kind == 3 and isinstance(value, bytes):  # packed
                value = varint(value, 0)[0]
            found[entry[1].decode()] = value
    return found


def records(folder):
    """The examples of all shards in a folder."""
    for path in sorted(folder.glob("*.tfrecords")):
        data, at = path.read_bytes(), 0
        while at < len(data):
            (size,) = struct.unpack_from("<Q", data, at)
            yield example(data[at + 12:at + 12 + size])
            at += 16 + size


def named(n):
    return f"c{n:04d}.tif"


def shard(binary, out, way, *flags):
    """Makes shards of the files that were written in a way."""
    source = [f"--input={out / way}"]
    if way == "files":
        source.append(r"--channel_pattern=_ch(?P<channel>\d+)")
    elif way == "loaddata":
        source = [f"--input_list={out / way / 'load_data.csv'}", f"--root={out / way}"]
    if way not in ("ome", "loaddata"):  # which have names
        flags = ("--channels=" + ",".join(NAMES), *flags)
    folder = out / "shards" / "-".join([way, *("four" for f in flags if f == FOUR)])
    run(binary, "shard", *source, f"--output={folder}", "--shards=4", *flags)
    return folder


FOUR = "--channels=" + ",".join(n for n in NAMES if n != NAMES[channels.TYPED])


def same_shards(binary, out):
    """Returns a folder of shards, after all ways gave the same bytes."""
    sums = {}
    for way in channels.WAYS:
        folder = shard(binary, out, way)
        files = sorted(folder.glob("*.tfrecords"))
        require(len(files) == 4, f"{folder} holds {len(files)} shards")
        sums[way] = hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()
        for manifest in ("collection.json", "shards.json"):
            got = [c["name"] for c in json.loads((folder / manifest).read_text())["channels"]]
            require(got == NAMES, f"{folder / manifest} names {got}")
    require(len(set(sums.values())) == 1, f"the shards differ: {sums}")
    print(f"{', '.join(channels.WAYS)}: shards with one sha256, {sums['ome'][:12]}")
    return out / "shards" / "ome"


def same_pixels(folder, pixels):
    """Every record is what was written."""
    seen = set()
    for r in records(folder):
        name = r["filename"].decode()
        shape = (r["height"], r["width"], r["channels"])
        got = np.frombuffer(r["image_raw"], "<u2").reshape(shape)
        require(np.array_equal(got, np.moveaxis(pixels[int(name[1:5])], 0, -1)), f"{folder}: other pixels of {name}")
        seen.add(name)
    require(seen == {named(n) for n in range(NUMBER)}, f"{folder}: {len(seen)} images")
    return len(seen)


def facts(folder):
    """What the OME-XML tells beside the names is in the manifest."""
    manifest = json.loads((folder / "shards.json").read_text())
    require(manifest.get("full_scale") == channels.FULL, f"{folder}: full_scale is {manifest.get('full_scale')}")
    microns = manifest.get("microns_per_pixel", 0)
    require(abs(microns - channels.MICRONS) < 1e-6, f"{folder}: microns_per_pixel is {microns}")


def otsu(histogram):
    """Otsu's threshold: the smallest with the largest variance between both sides."""
    below, total = np.cumsum(histogram), np.cumsum(histogram * np.arange(len(histogram)))
    with np.errstate(all="ignore"):
        between = (total * (below[-1] / below) - total[-1]) ** 2 * below / (below[-1] - below)
    return int(np.nanargmax(np.where(np.isfinite(between), between, -1)))


def quality(plane):
    """The figures of one channel, by their definitions in docs/formats.md."""
    p = plane.astype(np.int64)
    lap = 4 * p[1:-1, 1:-1] - p[:-2, 1:-1] - p[2:, 1:-1] - p[1:-1, :-2] - p[1:-1, 2:]
    coarse = p >> max(0, int(p.max()).bit_length() - 12)
    bright = coarse > otsu(np.bincount(coarse.ravel()))
    ring = np.concatenate([bright[0], bright[-1], bright[1:-1, 0], bright[1:-1, -1]])
    return {
        "mean": p.mean() / channels.FULL,
        "max": p.max() / channels.FULL,
        "saturated_fraction": (p >= channels.FULL).mean(),
        "foreground_fraction": (p > 0).mean(),
        "sharpness": lap.var() / channels.FULL**2,
        "border_fraction": ring.mean(),
        "object_fraction": bright.mean(),
    }


def columns(latents, pixels):
    """The columns of each channel are what NumPy finds."""
    table = pq.read_table(latents).to_pydict()
    for row, name in enumerate(table["image_id"]):
        for c, plane in enumerate(pixels[int(name[1:5])]):
            for column, want in quality(plane).items():
                got = table[f"{column}_c{c}"][row]
                require(abs(got - want) <= 1e-6 * max(want, 1e-3), f"{latents}: {column}_c{c} of {name} is {got}, want {want}")
    return len(table["image_id"])


def pipeline(binary, folder, scratch):
    """Model, latents and two groups of the shards in a folder."""
    run(binary, "train", f"--input={folder}", "--arch=linear", f"--output={scratch / 'model'}")
    run(binary, "encode", f"--input={folder}", f"--model={scratch / 'model'}", f"--output={scratch / 'latents'}")
    run(binary, "select", f"--input={scratch / 'latents'}", f"--shards={folder}", "--clusters=2", "--top=3", "--assignments",
        f"--output={scratch / 'selection'}")
    for step in ("latents", "selection"):
        run(binary, "verify", f"--input={scratch / step}")


def accuracy(selection, types):
    """The share of the images whose nearest pick has their type."""
    rows = [r for f in sorted(selection.glob("assignments-*.parquet")) for r in pq.read_table(f).to_pylist()]
    require(len(rows) >= 0.98 * NUMBER, f"{selection}: {len(rows)} images are assigned")
    return np.mean([types[int(r["image_id"][1:5])] == types[int(r["nearest_pick"][1:5])] for r in rows])


def originals(selection, pixels):
    """The picked originals are OME-TIFF with pixels, names and the size of a pixel."""
    import ome_types

    found = sorted((selection / "images").rglob("*.tif*"))
    require(len(found) == 6, f"{selection}: {len(found)} picked originals")
    for path in found:
        n = int(path.name.split("__c")[1][:4])
        with tifffile.TiffFile(path) as f:
            require(f.is_ome and f.series[0].axes == "CYX", f"{path}: axes {f.series[0].axes}")
            require(np.array_equal(f.asarray(), pixels[n]), f"{path}: other pixels")
        said = ome_types.from_tiff(path).images[0].pixels
        names = [c.name for c in said.channels]
        require(names == NAMES, f"{path}: ome-types reads the channels {names}")
        require(said.significant_bits == 12, f"{path}: SignificantBits is {said.significant_bits}")
        size = (said.physical_size_x, said.physical_size_y)
        require(np.allclose(size, channels.MICRONS), f"{path}: ome-types reads pixels of {size}")
    return len(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the program exemplar")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the files")
    args = parser.parse_args()
    begin, binary, out = time.monotonic(), args.bin / "exemplar", args.output

    pixels, types = channels.cells(NUMBER)
    for way in channels.WAYS:
        channels.write(out / way, pixels, way)
    folder = same_shards(binary, out)
    print(f"{same_pixels(folder, pixels)} records, every pixel equal to what was written")
    facts(folder)

    pipeline(binary, folder, out / "five")
    print(f"NumPy: {columns(out / 'five' / 'latents', pixels)} rows with the columns of each channel")
    print(f"tifffile {tifffile.__version__}, ome-types: {originals(out / 'five' / 'selection', pixels)} picked originals, with names and size")
    pipeline(binary, shard(binary, out, "ome", FOUR), out / "four")
    with_it, without = (accuracy(out / d / "selection", types) for d in ("five", "four"))
    require(with_it >= 0.95, f"the nearest pick has the type of {with_it:.1%} of the images")
    require(without <= 0.6, f"without {NAMES[channels.TYPED]} the nearest pick has the type of {without:.1%} of the images")
    print(f"the nearest pick has an image's type in {with_it:.1%}, without {NAMES[channels.TYPED]} in {without:.1%} ({time.monotonic() - begin:.0f} s)")


if __name__ == "__main__":
    main()
