"""A writer of TIFF files, tag by tag, that shares nothing with tifffile or this project: for what
programs write that no library writes, and for files that lie."""

import struct

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, DOUBLE = 1, 2, 3, 4, 5, 7, 10, 12
SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, SRATIONAL: 8, DOUBLE: 8}
CODES = {SHORT: "H", LONG: "I", RATIONAL: "I", SRATIONAL: "i", DOUBLE: "d"}


def tiff(pages, order="<", head=b""):
    """The bytes of a file of pages: (tags, blocks), tags a dict of number to (type, values) or, in
    short, an integer, text or bytes; blocks the data of strips, or of tiles where the tags name tiles.
    Data are after head, then the directories, as ImageJ and MetaMorph place them."""
    out = bytearray(b"II" if order == "<" else b"MM")
    out += struct.pack(order + "HI", 42, 0) + head
    directories = []
    for tags, blocks in pages:
        offsets = []
        for block in blocks:
            out += b"\0" * (len(out) % 2)
            offsets.append(len(out))
            out += block
        tags = dict(tags)
        if blocks:
            where, sizes = (324, 325) if 322 in tags else (273, 279)
            tags.setdefault(where, (LONG, offsets))
            tags.setdefault(sizes, (LONG, [len(b) for b in blocks]))
        directories.append(tags)
    link = 4
    for tags in directories:
        out += b"\0" * (len(out) % 2)
        struct.pack_into(order + "I", out, link, len(out))
        link = directory(out, tags, order)
    return bytes(out)


def directory(out, tags, order):
    """Appends a directory, and returns where the offset of the next one goes."""
    at = len(out)
    out += struct.pack(order + "H", len(tags)) + bytes(12 * len(tags) + 4)
    for i, (tag, value) in enumerate(sorted(tags.items())):
        kind, count, data = field(value, order)
        if len(data) > 4:
            out += b"\0" * (len(out) % 2)
            place = struct.pack(order + "I", len(out))
            out += data
        else:
            place = data.ljust(4, b"\0")
        out[at + 2 + 12 * i:at + 14 + 12 * i] = struct.pack(order + "HHI", tag, kind, count) + place
    return at + 2 + 12 * len(tags)


def field(value, order):
    """Type, count and bytes of a value."""
    if isinstance(value, int):
        value = (LONG if value > 65535 else SHORT, [value])
    if isinstance(value, str):
        value = value.encode() + b"\0"
    if isinstance(value, bytes):
        value = (ASCII, value)
    kind, values = value
    if isinstance(values, bytes):
        return kind, len(values), values
    data = b"".join(struct.pack(order + CODES[kind] if kind != BYTE else "B", v) for v in values)
    return kind, len(data) // SIZES[kind], data


def gray(plane, order="<", rows=None, **tags):
    """A page of one channel, (tags, strips); tags are t270=… and replace what is usual, or take it
    away where they are None."""
    height, width = plane.shape[:2]
    data = plane.astype(plane.dtype.newbyteorder(order)).tobytes()
    rows = rows or height
    step = rows * len(data) // height
    usual = {254: 0, 256: width, 257: height, 258: 8 * plane.itemsize, 259: 1, 262: 1, 277: 1, 278: rows}
    usual.update({int(k[1:]): v for k, v in tags.items()})
    return {k: v for k, v in usual.items() if v is not None}, [data[i:i + step] for i in range(0, len(data), step)]


def color(pixels, order="<", **tags):
    """A page of several samples per pixel, RGB where they are three."""
    samples = pixels.shape[2]
    usual = {"t258": (SHORT, [8 * pixels.itemsize] * samples), "t277": samples, "t262": 2 if samples == 3 else 1, "t284": 1}
    if samples > 3:
        usual["t338"] = (SHORT, [0] * (samples - 1))
    return gray(pixels, order, **{**usual, **tags})
