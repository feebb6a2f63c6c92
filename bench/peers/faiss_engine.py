"""faiss: the nearest row of a flat index."""

from __future__ import annotations

from collections.abc import Callable

import faiss
import numpy as np

VERSION = f"faiss {faiss.__version__}"


class Engine:
    """Finds nearest centers on a fixed number of threads."""

    def __init__(self, threads: int) -> None:
        faiss.omp_set_num_threads(threads)

    def variants(self, centers: np.ndarray) -> list[str]:
        """Returns the settings worth trying."""
        del centers
        return [""]

    def prepare(
        self, centers: np.ndarray, points: np.ndarray, variant: str
    ) -> tuple[list[np.ndarray], Callable[[np.ndarray], np.ndarray]]:
        """Returns the batches, and the function that labels one."""
        del variant
        index = faiss.IndexFlatL2(centers.shape[1])
        index.add(centers)
        return list(points), lambda rows: index.search(rows, 1)[1].ravel()
