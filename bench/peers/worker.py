"""The process that runs another program's engine; the protocol is that of bench/worker."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from . import network


class Worker:
    """An engine with the work that it was last asked to load."""

    def __init__(self, engine: str, threads: int, callers: int) -> None:
        module = importlib.import_module(f".{engine}_engine", __package__)
        self.version: str = module.VERSION
        self.engine = module.Engine(threads)
        self.pool = ThreadPoolExecutor(callers)
        self.callers = callers
        self.work: tuple = ()  # what the engine's prepare takes, but for the variant
        self.prepared: dict[str, tuple[list, Callable]] = {}

    def load(self, request: dict) -> dict:
        """Reads weights and images, or centers and points; variants are built when first asked for."""
        self.prepared.clear()
        batch = request["batch"]
        if request["mode"] == "assign":
            centers = np.fromfile(request["model"], "<f4").reshape(request["clusters"], -1)
            points = np.memmap(request["images"], "<f4", "r").reshape(-1, batch, centers.shape[1])
            self.work = centers, points
        else:
            net = network.read(pathlib.Path(request["model"]))
            pixels = np.fromfile(request["images"], np.uint8).reshape(-1, batch, *net.image)
            self.work = net, request["mode"], pixels.astype(np.float32) / np.float32(255)
        return {"variants": self.engine.variants(self.work[0]), "version": self.version}

    def check(self, request: dict) -> dict:
        """Computes every image and writes the results."""
        inputs, compute = self._variant(request["variant"])
        results = [np.asarray(result) for result in self.pool.map(compute, inputs)]
        np.concatenate(results).astype("<f4").tofile(request["output"])
        return {}

    def time(self, request: dict) -> dict:
        """Times batches, after one per thread that warms the caches."""
        inputs, compute = self._variant(request["variant"])
        self._run(compute, inputs, self.callers)
        before, start = time.process_time(), time.perf_counter()
        self._run(compute, inputs, request["batches"])
        return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - before}

    def _variant(self, name: str) -> tuple[list, Callable]:
        if name not in self.prepared:
            self.prepared[name] = self.engine.prepare(*self.work, name)
        return self.prepared[name]

    def _run(self, compute: Callable, inputs: list, batches: int) -> None:
        """Computes batches, the images over and over; each thread takes whole ones."""
        if self.callers == 1:
            for i in range(batches):
                compute(inputs[i % len(inputs)])
            return

        def share(first: int) -> None:
            for i in range(first, batches, self.callers):
                compute(inputs[i % len(inputs)])

        list(self.pool.map(share, range(self.callers)))


def main() -> None:
    """Answers requests until the input ends: worker ENGINE ENGINE_THREADS CALLING_THREADS."""
    answers = os.fdopen(os.dup(1), "w")  # libraries may print
    os.dup2(2, 1)
    worker = Worker(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"load": worker.load, "check": worker.check, "time": worker.time}[request["do"]](request)
        except Exception as problem:  # whatever a library throws, the other side has to hear of it
            answer = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
