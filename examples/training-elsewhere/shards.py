"""The images of a folder that `exemplar shard` wrote, split and drawn as `exemplar train` does it.

Images of other programs' shards are read, too, where they are raw pixels (feature image_raw) with
a name (feature filename), all of one shape.
"""

import dataclasses
import hashlib
import json
import math
import pathlib
import queue
import threading
from collections.abc import Iterator

import numpy as np

import split
import tfrecords
from refusal import refuse

LONGEST_ID = 4096  # bytes
SAMPLE = 100  # images whose latents are written, to compare with
UNUSED, TRAIN, HELD = 0, 1, 2  # parts
WANTED = frozenset({"image_raw", "filename", "height", "width", "channels", "bits"})


@dataclasses.dataclass(frozen=True)
class Shape:
    """Height, width and channels of images, and the bits of a number."""

    height: int
    width: int
    channels: int
    bits: int

    def __str__(self) -> str:
        return f"{self.height}x{self.width}{'' if self.channels == 1 else f'x{self.channels}'} {self.bits}-bit"

    @property
    def bytes(self) -> int:
        return self.height * self.width * self.channels * self.bits // 8


@dataclasses.dataclass
class File:
    """A shard; what its manifest does not say is -1 and empty."""

    path: pathlib.Path
    records: int = -1
    sha256: str = ""


class Collection:
    """Images for training and for validation. All that fit into memory are read once."""

    def __init__(self, folder: str, share: float, limit: int, seed: int, memory: int) -> None:
        self.folder, self.share, self.limit, self.seed, self.memory = pathlib.Path(folder), share, limit, seed, memory
        self.shape: Shape | None = None
        self.full = 0  # the pixel that counts as 1; 0: the largest of the type
        self.channels: list[str] = []  # their names, where shards.json has any
        self.files = self._find()
        self.sample_ids: list[bytes] = []  # of the first images that are held out, or else of the others
        self.sample: np.ndarray
        self.parts: list[np.ndarray] = []  # of each record of each file
        self.kept: np.ndarray | None = None  # the pixels of all records, where they fit
        self._scan()

    def _find(self) -> list[File]:
        if "://" in str(self.folder):
            refuse(f"--shards={self.folder}: copy the folder to a disk of this machine first")
        manifest = self.folder / "shards.json"
        if manifest.exists():
            try:
                m = json.loads(manifest.read_text("utf-8"))
                self.shape = Shape(**{k: int(m["image"][k]) for k in ("height", "width", "channels", "bits")})
                self.full = int(m.get("full_scale", 0))
                self.channels = [str(c.get("name", "")) for c in m.get("channels", [])]
                return [File(self.folder / s["file"], int(s["records"]), s["sha256"]) for s in m["shards"]]
            except (ValueError, KeyError, TypeError, AttributeError, OSError) as e:
                refuse(f"{manifest}: is no manifest of exemplar shard ({e!r}): copy the folder anew")
        if (self.folder / "collection.json").exists():
            refuse(f"{self.folder} has no shards.json: exemplar shard has not finished there, or the file was not copied")
        endings = (".tfrecords", ".tfrecord", ".tfrecords.gz", ".tfrecord.gz")
        found = sorted(p for p in self.folder.glob("*") if p.name.endswith(endings) and not p.name.startswith("."))
        if not found:
            refuse(f"--shards={self.folder} holds neither shards.json nor *.tfrecords: name a folder that exemplar shard wrote")
        return [File(p) for p in found]

    def _read(self, file: File, check: bool = True) -> Iterator[tuple[bytes, np.ndarray]]:
        """Yields id and pixels of every record of a file."""
        number = -1
        for number, record in enumerate(tfrecords.records(file.path, file.sha256 if check else "", check)):
            try:
                yield self._image(tfrecords.example(record, WANTED))
            except ValueError as e:
                refuse(f"{file.path}: record {number}: {e}: exemplar train may leave such records out, this program does not")
        if file.records not in (-1, number + 1):
            refuse(f"{file.path}: ends after {number + 1:,} records, shards.json says it has {file.records:,}: copy it anew")

    def _image(self, features: dict[str, list]) -> tuple[bytes, np.ndarray]:
        def one(name: str, kind: type) -> bytes | int | None:
            values = features.get(name, [])
            if len(values) > 1 or values and not isinstance(values[0], kind):
                raise ValueError(f"its feature {name} is not one value of the expected kind")
            return values[0] if values else None

        image_id, raw = one("filename", bytes), one("image_raw", bytes)
        if not image_id or raw is None:
            raise ValueError("it has no features filename and image_raw of one value each")
        if len(image_id) > LONGEST_ID or b"\0" in image_id or image_id.decode("utf-8", "replace").encode() != image_id:
            raise ValueError("its file name is not UTF-8, too long, or contains a NUL character")
        said = {k: one(k, int) for k in ("height", "width", "channels", "bits")}
        channels, bits = said["channels"] or 1, said["bits"] or 8
        side = math.isqrt(len(raw) * 8 // (channels * bits)) if self.shape is None else 0
        shape = self.shape or Shape(said["height"] or side, said["width"] or side, channels, bits)
        if any(v is not None and v != getattr(shape, k) for k, v in said.items()) or len(raw) != shape.bytes or not raw:
            raise ValueError(f"image {image_id.decode()!r} is no {shape} image of raw pixels")
        self.shape = shape
        return image_id, np.frombuffer(raw, f"<u{shape.bits // 8}").reshape(shape.height, shape.width, shape.channels)

    def _scan(self) -> None:
        """Reads all once: counts, decides who is held out, checks every checksum, keeps what fits."""
        buffer, draws, samples = bytearray(), [], {TRAIN: [], HELD: []}
        seen: set[bytes] = set()
        for file in self.files:
            parts = []
            for image_id, pixels in self._read(file):
                if not file.sha256 and image_id in seen:
                    refuse(f"{file.path}: two images have the id {image_id.decode()!r}: every image needs a name of its own, in feature filename")
                if not file.sha256:
                    seen.add(image_id)
                part = HELD if split.held_out(image_id, self.share) else TRAIN
                parts.append(part)
                if self.limit:
                    draws.append((split.draw(image_id, self.seed), image_id))
                elif buffer is not None:
                    buffer += pixels.tobytes()
                    if len(buffer) > self.memory:
                        buffer = None
                if not self.limit and len(samples[part]) < SAMPLE:
                    samples[part].append((image_id, pixels))
            self.parts.append(np.array(parts, np.uint8))
        if self.shape is None:
            refuse(f"{self.folder}: no shard holds an image")
        if self.shape.bits not in (8, 16):
            refuse(f"{self.folder}: images of {self.shape.bits} bits: only 8 and 16 are known")
        if self.limit and len(draws) <= self.limit:
            self.limit = 0
            self.parts = []
            return self._scan()
        if self.limit:
            buffer = self._draw(draws, samples)
        self._check()
        chosen = samples[HELD] or samples[TRAIN]
        self.sample_ids, self.sample = [i for i, _ in chosen], np.stack([p for _, p in chosen])
        if buffer is not None:
            dtype = f"<u{self.shape.bits // 8}"
            self.kept = np.frombuffer(buffer, dtype).reshape(-1, self.shape.height, self.shape.width, self.shape.channels)

    def _draw(self, draws: list[tuple[int, bytes]], samples: dict[int, list]) -> bytearray | None:
        """Leaves out what --limit does not draw, and reads what it draws."""
        last = sorted(draws)[self.limit - 1]
        used, buffer, at = np.array([d <= last for d in draws]), bytearray(), 0
        for i, (file, parts) in enumerate(zip(self.files, self.parts)):
            parts *= used[at : at + len(parts)]
            at += len(parts)
            for number, (image_id, pixels) in enumerate(self._read(file, check=False) if parts.any() else ()):
                if parts[number] == UNUSED:
                    continue
                if buffer is not None:
                    buffer += pixels.tobytes()
                    if len(buffer) > self.memory:
                        buffer = None
                if len(samples[parts[number]]) < SAMPLE:
                    samples[parts[number]].append((image_id, pixels))
        return buffer

    def _check(self) -> None:
        if not self.count(TRAIN):
            refuse(f"{self.folder}: all its images, {self.count(HELD):,}, are held out for validation: choose a smaller --validation than {self.share:g}")
        if self.share > 0 and not self.count(HELD):
            refuse(f"{self.folder}: --validation={self.share:g} of {self.count(TRAIN):,} images is none: choose a larger share, or 0")

    def count(self, part: int) -> int:
        return sum(int((p == part).sum()) for p in self.parts)

    def content(self) -> str:
        """Identifies the images and which of them are used."""
        h = hashlib.sha256()
        for file, parts in zip(self.files, self.parts):
            h.update(f"{file.path.name} {file.sha256} ".encode() + parts.tobytes())
        return h.hexdigest()

    def batches(self, part: int, size: int, epoch: int = -1) -> Iterator[np.ndarray]:
        """Yields batches of raw pixels [N, height, width, channels]; epochs from 0 on have orders of their own."""
        return ahead(self._batches(part, size, epoch))

    def _batches(self, part: int, size: int, epoch: int) -> Iterator[np.ndarray]:
        rng = np.random.default_rng([self.seed & (1 << 64) - 1, epoch]) if epoch >= 0 else None
        if self.kept is not None:
            used = np.concatenate(self.parts)
            places = np.flatnonzero(used[used != UNUSED] == part)
            if rng is not None:
                rng.shuffle(places)
            for at in range(0, len(places), size):
                yield self.kept[places[at : at + size]]
            return
        batch = []
        for pixels in self._shuffled(part, rng) if rng is not None else self._stream(part, range(len(self.files))):
            batch.append(pixels)
            if len(batch) == size:
                yield np.stack(batch)
                batch = []
        if batch:
            yield np.stack(batch)

    def _stream(self, part: int, order) -> Iterator[np.ndarray]:
        for i in order:
            used = self.parts[i] == part
            for number, (_, pixels) in enumerate(self._read(self.files[i], check=False) if used.any() else ()):
                if number < len(used) and used[number]:
                    yield pixels

    def _shuffled(self, part: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Yields the images of files in random order through a buffer: of those in it a random one leaves for each that enters."""
        capacity, buffer = max(1, self.memory // self.shape.bytes), []
        for pixels in self._stream(part, rng.permutation(len(self.files))):
            if len(buffer) < capacity:
                buffer.append(pixels)
                continue
            i = int(rng.integers(capacity))
            buffer[i], pixels = pixels, buffer[i]
            yield pixels
        for i in rng.permutation(len(buffer)):
            yield buffer[i]


def ahead(items: Iterator, depth: int = 4) -> Iterator:
    """Yields what an iterator yields, which runs ahead in a thread of its own."""
    waiting: queue.Queue = queue.Queue(depth)

    def work() -> None:
        try:
            for item in items:
                waiting.put((item, None))
            waiting.put((None, None))
        except BaseException as e:  # it ends the program, in the thread that waits
            waiting.put((None, e))

    threading.Thread(target=work, daemon=True).start()
    while True:
        item, error = waiting.get()
        if error is not None:
            raise error
        if item is None:
            return
        yield item


def scaled(pixels: np.ndarray, scale: str, full: int) -> np.ndarray:
    """Returns what the encoder takes for raw pixels, of which full counts as 1: float32 of the architecture's scale."""
    largest = np.float32(full)
    if scale == "byte":
        return pixels.astype(np.float32) / (largest / np.float32(255))
    unit = pixels.astype(np.float32) / largest
    return unit * np.float32(2) - np.float32(1) if scale == "symmetric" else unit
