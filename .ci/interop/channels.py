"""Cells of five channels with known content, in every way that files hold channels: written by
tifffile, the way the field's programs write them, and read by check_channels.py.

A cell is 48 x 48 pixels of 12 bits in uint16. There are two types, half of the cells each. The
third channel, RNA, alone tells them apart: a ring around the nucleus, or a spot in it. All else
(place, size, direction, brightness, noise) is drawn alike for both.
"""

import csv

import numpy as np
import tifffile

NAMES = ["DNA", "ER", "RNA", "AGP", "Mito"]
SIDE, FULL, MICRONS = 48, 4095, 0.325
TYPED = NAMES.index("RNA")
WAYS = ["ome", "imagej", "stack", "planar", "interleaved", "files", "loaddata"]


def cells(number):
    """Returns pixels, number x 5 x SIDE x SIDE, and the type of each, 0 or 1."""
    rng = np.random.default_rng(21)
    types = rng.permutation(np.arange(number) % 2)
    pixels = np.empty((number, len(NAMES), SIDE, SIDE), np.uint16)
    for n, kind in enumerate(types):
        pixels[n] = cell(rng, kind)
    return pixels, types


def cell(rng, kind):
    """One cell; kind is of the third channel alone, and draws no numbers of its own."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2 - rng.normal(0, 0.5, (2, 1, 1))
    turn, long, short = rng.uniform(0, np.pi), rng.uniform(8, 10), rng.uniform(6.5, 8)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    nucleus = np.hypot(u / long, v / short)  # 1 on its border
    body = np.hypot(u / (1.9 * long), v / (1.9 * short))
    texture = rng.normal(0, 1, (2, SIDE, SIDE))
    for _ in range(3):  # smooth
        texture = sum(np.roll(texture, s, (1, 2)) for s in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0))) / 5
    bright = rng.lognormal(0, 0.1, len(NAMES))
    ring = np.exp(-((nucleus - 1.25) ** 2) / 0.03)
    spot = np.exp(-((u / 5) ** 2 + (v / 4) ** 2))
    inside = 1 / (1 + np.exp(12 * (body - 1)))
    signal = [
        1500 / (1 + np.exp(12 * (nucleus - 1))),
        900 * inside * (1 - 0.5 * np.exp(-(nucleus**4))) * (1 + 0.8 * texture[0]),
        2600 * (spot if kind else 0.55 * ring),
        1000 * np.exp(-((body - 0.95) ** 2) / 0.02) + 250 * inside,
        1100 * inside * np.clip(0.5 + 1.2 * texture[1], 0, None),
    ]
    light = 60 + np.array(signal) * bright[:, None, None]
    noisy = rng.poisson(light) + rng.normal(0, 8, light.shape)
    return np.clip(np.rint(noisy), 1, FULL - 1).astype(np.uint16)


def write(folder, pixels, way):
    """Writes cell n as c0000.tif (files: c0000_ch1.tif …) in folder, in one of WAYS."""
    folder.mkdir(parents=True)
    for n, cyx in enumerate(pixels):
        name = f"c{n:04d}"
        if way == "files":
            for c, plane in enumerate(cyx, 1):
                tifffile.imwrite(folder / f"{name}_ch{c}.tif", plane, metadata=None, compression="zlib" if c == 2 else None)
        elif way == "loaddata":
            for c, plane in zip(NAMES, cyx):
                place(folder, c).mkdir(exist_ok=True)
                tifffile.imwrite(place(folder, c) / f"{name}.tif", plane, metadata=None)
        else:
            one_file(folder / f"{name}.tif", cyx, way)
    if way == "loaddata":
        load_data(folder, len(pixels))


def one_file(path, cyx, way):
    """Writes one cell, all of whose channels are in one file."""
    yxc = np.moveaxis(cyx, 0, -1)
    size = {"PhysicalSizeX": MICRONS, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": MICRONS, "PhysicalSizeYUnit": "µm"}
    per_micron = (1 / MICRONS, 1 / MICRONS)
    per_cm = (1e4 / MICRONS, 1e4 / MICRONS)
    plain = {"metadata": None, "photometric": "minisblack", "resolution": per_cm, "resolutionunit": "CENTIMETER"}
    if way == "ome":
        described = {"axes": "CYX", "SignificantBits": 12, "Channel": {"Name": NAMES}, **size}
        tifffile.imwrite(path, cyx, ome=True, photometric="minisblack", compression="zlib", metadata=described)
    elif way == "imagej":  # a directory for each plane
        described = {"axes": "CYX", "mode": "composite", "unit": "um", "Labels": NAMES, "min": 0.0, "max": float(FULL)}
        with tifffile.TiffWriter(path, imagej=True, byteorder=">") as f:
            f.write(cyx, resolution=per_micron, metadata=described)
    elif way == "stack":  # what ImageJ writes of stacks above 4 GiB, and tifffile of all: one directory, planes one after the other
        described = "ImageJ=1.54f\nimages=5\nchannels=5\nhyperstack=true\nmode=grayscale\nunit=micron\n"
        with tifffile.TiffWriter(path, byteorder=">") as f:
            f.write(cyx[0], description=described, metadata=None, resolution=per_micron, resolutionunit="NONE", contiguous=False, software="")
        data = path.read_bytes()
        at = tifffile.TiffFile(path).pages[0].dataoffsets[0]
        path.write_bytes(data[: at + cyx[0].nbytes] + cyx[1:].astype(">u2").tobytes() + data[at + cyx[0].nbytes :])
    elif way == "planar":
        tifffile.imwrite(path, cyx, planarconfig="separate", compression="zlib", predictor=True, **plain)
    elif way == "interleaved":
        tifffile.imwrite(path, yxc, planarconfig="contig", extrasamples=["unspecified"] * 4, rowsperstrip=7, bigtiff=True, **plain)


def place(folder, channel):
    """The folder of a channel of a LoadData list: an image's id is the path of its first one."""
    return folder if channel == NAMES[0] else folder / channel


def load_data(folder, number):
    """Writes CellProfiler's list of the files of all channels."""
    with open(folder / "load_data.csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow([f"{kind}_{c}" for c in NAMES for kind in ("FileName", "PathName")])
        for n in range(number):
            w.writerow([v for c in NAMES for v in (f"c{n:04d}.tif", place(folder, c).resolve())])


def crops(folder, number, overexposed):
    """Writes gray crops of 12 bits in uint16, the DNA of cells; returns which are overexposed, and all pixels."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    pixels = np.maximum(cells(number)[0][:, 0], 60) - 60
    brightest = rng.integers(3000, FULL, (number, 1, 1))  # well exposed, each crop differently
    pixels = (pixels * (brightest / pixels.max(axis=(1, 2), keepdims=True))).astype(np.uint16)
    over = rng.permutation(number)[:overexposed]
    # The whole nucleus is at the end of the camera's range.
    pixels[over] = np.minimum(pixels[over].astype(np.uint32) * 16, FULL)
    for n, plane in enumerate(pixels):
        tifffile.imwrite(folder / f"c{n:04d}.tif", plane, metadata=None)
    return {f"c{n:04d}.tif" for n in over}, pixels
