"""Reads TFRecord files of tf.train.Example, plain or gzip, without TensorFlow.

A record is its length (uint64), the masked CRC32C of that, the data and the masked CRC32C of
the data. Every checksum is checked, and the sha256 of the whole file where it is known.
"""

import functools
import gzip
import hashlib
import pathlib
import struct
import zlib
from collections.abc import Iterator

import numpy as np

from refusal import refuse

LONGEST = 1 << 30  # bytes of a record
ROW = 256  # bytes that are looked up together


class Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, path: pathlib.Path) -> None:
        self.file, self.sha256 = open(path, "rb", buffering=1 << 20), hashlib.sha256()

    def read(self, n: int = -1) -> bytes:
        data = self.file.read(n)
        self.sha256.update(data)
        return data


def records(path: pathlib.Path, sha256: str = "", check: bool = True) -> Iterator[bytes]:
    """Yields the data of every record; a damaged file ends the program with its name and the record's number.

    Without check, for a file that was checked before, data are taken as they are.
    """
    try:
        hashed = Hashed(path)
    except OSError as e:
        refuse(f"{path}: {e.strerror}: copy the whole folder")
    try:
        yield from framed(path, hashed, sha256, check)
    except (OSError, EOFError, zlib.error) as e:
        refuse(f"{path}: {e}: the file is damaged; copy it anew, or make the shards again")


def framed(path: pathlib.Path, hashed: Hashed, sha256: str, check: bool) -> Iterator[bytes]:
    with hashed.file:
        packed = hashed.file.peek(2)[:2] == b"\x1f\x8b"
        file = gzip.GzipFile(fileobj=hashed, mode="rb") if packed else hashed
        number, at = 0, 0

        def take(n: int, what: str) -> bytes:
            parts, left = [], n
            while left and (part := file.read(left)):
                parts.append(part)
                left -= len(part)
            if left:
                refuse(f"{path}: record {number} at byte {at}: the file ends within its {what}: copy it anew, or make the shards again")
            return b"".join(parts) if len(parts) != 1 else parts[0]

        def verify(data: bytes, masked: bytes, what: str) -> None:
            if masked_crc32c(data) != int.from_bytes(masked, "little"):
                refuse(f"{path}: record {number} at byte {at}: the checksum of its {what} is wrong: the file is damaged; copy it anew, or make the shards again")

        while first := file.read(1):
            head = first + take(11, "length")
            verify(head[:8], head[8:], "length")
            n = struct.unpack("<Q", head[:8])[0]
            if n > LONGEST:
                refuse(f"{path}: record {number} at byte {at} has {n:,} bytes, more than the {LONGEST:,} that are read")
            data = take(n, "data")
            masked = take(4, "checksum")
            if check:
                verify(data, masked, "data")
            yield data
            number, at = number + 1, at + 16 + n
        hashed.read()
    if sha256 and hashed.sha256.hexdigest() != sha256:
        refuse(f"{path}: its sha256 is {hashed.sha256.hexdigest()}, shards.json says {sha256}: copy it anew, or run exemplar verify on the shards")


def masked_crc32c(data: bytes) -> int:
    """Returns the checksum of a record: CRC32C, rotated by 15 bits, and a constant added."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """Returns CRC32C, which is linear: that of rows of bytes is looked up, and rows are joined pairwise."""
    if len(data) < 64:
        crc = 0xFFFFFFFF
        table = byte_list()
        for byte in data:
            crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
        return crc ^ 0xFFFFFFFF
    rows = -(-len(data) // ROW)
    padded = np.zeros(rows * ROW, np.uint8)  # zeros in front change nothing
    padded[-len(data) :] = np.frombuffer(data, np.uint8)
    padded[len(padded) - len(data) :][:4] ^= 0xFF  # the register's start
    table, starts = row_table()
    crcs = np.bitwise_xor.reduce(table.take(padded.reshape(rows, ROW) + starts), axis=1)
    level = 0
    while len(crcs) > 1:
        if len(crcs) % 2:
            crcs = np.concatenate([np.zeros(1, np.uint32), crcs])
        crcs = shifted(shift(level), crcs[0::2]) ^ crcs[1::2]
        level += 1
    return int(crcs[0]) ^ 0xFFFFFFFF


@functools.cache
def byte_table() -> np.ndarray:
    """Returns what each byte makes of a register of zero."""
    crc = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        crc = crc >> np.uint32(1) ^ np.where(crc & np.uint32(1), np.uint32(0x82F63B78), np.uint32(0))
    return crc


@functools.cache
def byte_list() -> list[int]:
    return byte_table().tolist()


def advanced(crc: np.ndarray) -> np.ndarray:
    """Returns registers after one more byte of zero."""
    return crc >> np.uint32(8) ^ byte_table()[crc & np.uint32(0xFF)]


@functools.cache
def row_table() -> tuple[np.ndarray, np.ndarray]:
    """Returns what each byte at each position of a row adds to the row's CRC, and where that of a position begins."""
    table = np.empty((ROW, 256), np.uint32)
    table[-1] = byte_table()
    for i in range(ROW - 2, -1, -1):
        table[i] = advanced(table[i + 1])
    return table.ravel(), np.arange(ROW) * 256


@functools.cache
def shift(level: int) -> np.ndarray:
    """Returns the tables of what 2^level rows of zeros make of the four bytes of a register."""
    if level > 0:
        return shifted(shift(level - 1), shift(level - 1))
    tables = np.arange(256, dtype=np.uint32) << np.array([[0], [8], [16], [24]], np.uint32)
    for _ in range(ROW):
        tables = advanced(tables)
    return tables


def shifted(tables: np.ndarray, crc: np.ndarray) -> np.ndarray:
    return tables[0][crc & 0xFF] ^ tables[1][crc >> 8 & 0xFF] ^ tables[2][crc >> 16 & 0xFF] ^ tables[3][crc >> 24]


def varint(data: memoryview, at: int) -> tuple[int, int]:
    value = bits = 0
    while True:
        if at >= len(data) or bits > 63:
            raise ValueError("it is no protocol buffer")
        value |= (data[at] & 0x7F) << bits
        at, bits = at + 1, bits + 7
        if data[at - 1] < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yields numbers and values of the fields of a message of a protocol buffer."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
            yield tag >> 3, value
            continue
        n = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            n, at = varint(data, at)
        if n is None or n > len(data) - at:
            raise ValueError("it is no protocol buffer")
        yield tag >> 3, data[at : at + n]
        at += n


def example(record: bytes, wanted: frozenset[str]) -> dict[str, list]:
    """Returns the wanted features of a tf.train.Example: lists of bytes or of integers."""
    found: dict[str, list] = {}
    for number, features in fields(memoryview(record)):
        for field, entry in fields(features) if number == 1 else ():
            pair = dict(fields(entry)) if field == 1 else {}
            name = bytes(pair.get(1, b"")).decode("utf-8", "replace")
            if name in wanted:
                found[name] = values(pair.get(2, memoryview(b"")))
    return found


def values(feature: memoryview) -> list:
    out: list = []
    for kind, items in fields(feature):
        for _, value in fields(items):
            if kind == 1:
                out.append(bytes(value))
            elif kind == 3 and isinstance(value, int):
                out.append(value)
            elif kind == 3:
                at = 0
                while at < len(value):
                    number, at = varint(value, at)
                    out.append(number)
            else:
                raise ValueError("a feature is a list of floats")
    return out
