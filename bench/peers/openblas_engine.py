"""OpenBLAS, as numpy brings it: a matrix product a block of rows, then the smallest score of each row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import threadpoolctl

BLAS = next(info for info in threadpoolctl.threadpool_info() if info["internal_api"] == "openblas")
VERSION = f"OpenBLAS {BLAS['version']} ({BLAS['architecture']}) with NumPy {np.__version__}"


class Engine:
    """Finds nearest centers on a fixed number of threads."""

    def __init__(self, threads: int) -> None:
        threadpoolctl.threadpool_limits(threads, "blas")

    def variants(self, centers: np.ndarray) -> list[str]:
        """Returns the settings worth trying: rows a block."""
        del centers
        return ["512 rows", "1000 rows", "2000 rows", "5000 rows"]

    def prepare(
        self, centers: np.ndarray, points: np.ndarray, variant: str
    ) -> tuple[list[np.ndarray], Callable[[np.ndarray], np.ndarray]]:
        """Returns the batches, and the function that labels one: argmin of |c|²/2 - x·c."""
        block = int(variant.split()[0])
        halves = (centers * centers).sum(1) / 2
        transposed = np.ascontiguousarray(centers.T)

        def compute(rows: np.ndarray) -> np.ndarray:
            labels = np.empty(len(rows), np.int64)
            scores = np.empty((block, len(centers)), np.float32)
            for i in range(0, len(rows), block):
                part = rows[i : i + block]
                some = np.matmul(part, transposed, out=scores[: len(part)])
                np.subtract(halves, some, out=some)
                np.argmin(some, axis=1, out=labels[i : i + block])
            return labels

        return list(points), compute
