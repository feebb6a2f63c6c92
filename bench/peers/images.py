"""Images to run on: bright blobs on a dim, noisy ground, as nuclei look. The same everywhere."""

from __future__ import annotations

import pathlib

import numpy as np


def write(path: pathlib.Path, count: int, height: int, width: int) -> None:
    """Writes raw uint8 images, one after the other."""
    random = np.random.default_rng(20)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    with path.open("wb") as file:
        for _ in range(count):
            image = np.full((height, width), 12, np.float32)
            for _ in range(random.integers(1, 4)):
                centre = random.uniform(0.25, 0.75, 2) * (height, width)
                radius = random.uniform(0.08, 0.25) * min(height, width)
                distance = np.hypot(y - centre[0], x - centre[1])
                image += random.uniform(60, 200) / (1 + np.exp((distance - radius) * 4 / radius))
            image += random.normal(0, 4, image.shape)
            file.write(image.clip(0, 255).astype(np.uint8).tobytes())
