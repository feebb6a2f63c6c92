"""What is computed on, the same everywhere: images, and points with centers."""

from __future__ import annotations

import pathlib

import numpy as np


def write_images(path: pathlib.Path, count: int, height: int, width: int) -> None:
    """Writes raw uint8 images, one after the other: bright blobs on a dim, noisy ground, as nuclei look."""
    random = np.random.default_rng(20)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    with path.open("wb") as file:
        for _ in range(count):
            image = np.full((height, width), 12, np.float32)
            for _ in range(random.integers(1, 4)):
                center = random.uniform(0.25, 0.75, 2) * (height, width)
                radius = random.uniform(0.08, 0.25) * min(height, width)
                distance = np.hypot(y - center[0], x - center[1])
                image += random.uniform(60, 200) / (1 + np.exp((distance - radius) * 4 / radius))
            image += random.normal(0, 4, image.shape)
            file.write(image.clip(0, 255).astype(np.uint8).tobytes())


def write_points(path: pathlib.Path, count: int, dimensions: int) -> None:
    """Writes float32 rows as latents are spread: 20 groups that touch, few large and many small directions."""
    random = np.random.default_rng(21)
    spread = (1 + np.arange(dimensions, dtype=np.float32)) ** -0.25
    groups = random.standard_normal((20, dimensions), dtype=np.float32)
    with path.open("wb") as file:
        for _ in range(0, count, 10000):
            rows = random.standard_normal((10000, dimensions), dtype=np.float32)
            rows += groups[random.integers(0, len(groups), len(rows))]
            file.write((rows * spread).tobytes())


def write_centers(path: pathlib.Path, points: np.ndarray, count: int) -> None:
    """Writes float32 centers: two steps of k-means over the first rows, from random ones of them."""
    sample = np.array(points[:20000])
    centers = sample[np.random.default_rng(22).choice(len(sample), count, replace=False)]
    for _ in range(2):
        labels = ((centers * centers).sum(1) / 2 - sample @ centers.T).argmin(1)
        used, starts = np.unique(np.sort(labels), return_index=True)
        sums = np.add.reduceat(sample[np.argsort(labels, kind="stable")], starts)
        centers[used] = sums / np.diff([*starts, len(labels)])[:, None]
    centers.tofile(path)
