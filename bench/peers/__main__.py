"""Times this project's encoder, decoder, trainer and clustering against other programs."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal
import sys
import tempfile

import numpy as np

from . import data, options, processes, table
from .measure import SEED, Candidate, Case, Inputs, agree, calibrate, fastest, interleave, load, progress, results
from .processes import WorkerError

DIMENSIONS = 512  # of the rows of mode assign
CASES = [
    Case("ae1m", "encode", 32, 64),
    Case("ae1m", "reconstruct", 32, 64),
    Case("mnist-conv", "encode", 256, 1024),
    Case("mnist-conv", "reconstruct", 256, 1024),
    Case("dense-784-128-64-12-2", "encode", 256, 1024),
    Case("dense-784-100-20", "encode", 256, 1024),
    Case("dense-784-128-64", "encode", 256, 1024),
    Case("dense-784-128-32", "encode", 256, 1024),
    Case("ae1m", "train", 32, 3 * 32),
    Case("mnist-conv", "train", 32, 32 * 32),
    Case("mnist-conv", "train", 256, 8 * 256),
    Case("100-centres", "assign", 10000, 200000, 100),
    Case("1000-centres", "assign", 10000, 200000, 1000),
]


class Bench:
    """The workers of one number of threads."""

    def __init__(self, args: options.Options, threads: int, scratch: pathlib.Path) -> None:
        self.args, self.threads, self.scratch = args, threads, scratch
        self.cpus = processes.cores()[:threads]
        self.environment = processes.AVX2 if args.avx2 else {}
        self.ours = processes.exemplar(args.worker, self.cpus, self.environment)
        self.theirs: dict[str, list[tuple[str, processes.Process]]] = {}

    def close(self) -> None:
        """Ends the workers."""
        for worker in [self.ours, *(worker for workers in self.theirs.values() for _, worker in workers)]:
            worker.close()

    def workers(self, engine: str, mode: str) -> list[tuple[str, processes.Process]]:
        """Returns the workers of an engine with what people call them, started when first asked for."""
        module = f"{engine}_training" if mode == "train" else engine
        if module not in self.theirs:
            splits = {1: ""}
            if self.threads > 1 and mode != "train":  # a step needs the one before it
                splits = {1: f"{self.threads} threads a batch", self.threads: "1 thread a batch"}
            self.theirs[module] = [
                (label, processes.peer(sys.executable, module, self.cpus, callers, self.environment))
                for callers, label in splits.items()
            ]
        return self.theirs[module]

    def run(self, case: Case, versions: dict[str, str]) -> list[Candidate]:
        """Measures a case: ours first, then the fastest way to run each peer that agrees with us."""
        progress(f"{case.title}, threads {self.threads}")
        inputs = self.prepare(case)
        load(case, self.ours, inputs, self.threads)
        ours = Candidate("exemplar", self.ours, "", "")
        expected = results(ours, self.scratch)
        progress(f"    exemplar: {calibrate(case, ours, self.threads, self.args.seconds):,.0f}/s")
        candidates = []
        engines = {"assign": options.ASSIGNERS, "train": options.TRAINERS}.get(case.mode, options.NETWORKS)
        for engine in [engine for engine in engines if engine in self.args.engines]:
            for split, worker in self.workers(engine, case.mode):
                answer = load(case, worker, inputs, self.threads)
                versions[engine] = answer["version"]
                for variant in answer["variants"]:
                    candidate = Candidate(engine, worker, variant, ", ".join(filter(None, [variant, split])))
                    if agree(case, inputs, expected, candidate, self.scratch):
                        candidates.append(candidate)
        measured = [ours, *fastest(case, candidates, self.threads, self.args.seconds)]
        interleave(case, measured, self.args.rounds)
        return measured

    def prepare(self, case: Case) -> Inputs:
        """Makes the files of a case, once."""
        if case.mode == "assign":
            inputs = Inputs(self.scratch / f"centers-{case.clusters}.f32", self.scratch / "points.f32")
            if not inputs.images.exists():
                data.write_points(inputs.images, case.count, DIMENSIONS)
            if not inputs.model.exists():
                points = np.memmap(inputs.images, "<f4", "r").reshape(-1, DIMENSIONS)
                data.write_centers(inputs.model, points, case.clusters)
            return inputs
        side = 256 if case.model == "ae1m" else 28
        first = "-first" if case.mode == "train" else ""  # weights that training starts from
        inputs = Inputs(self.scratch / (case.model + first), self.scratch / f"images-{side}-{case.count}.u8")
        if not inputs.model.exists():
            self.ours.ask(do="create", preset=case.model, mode=case.mode, seed=SEED, model=str(inputs.model))
        if not inputs.images.exists():
            data.write_images(inputs.images, case.count, side, side)
        return inputs


def main() -> None:
    """Runs all cases and prints the table."""
    args = options.parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that workers are ended
    cases = [case for case in CASES if case.model in args.models and case.mode in args.modes]
    if args.cpu_time:
        cases = [dataclasses.replace(case, clock="cpu") for case in cases]
    elif os.getloadavg()[0] > 0.5:
        progress(f"the machine is busy (load {os.getloadavg()[0]:.1f}): ratios may suffer")
    measured: dict[Case, dict[int, list[Candidate]]] = {case: {} for case in cases}
    versions: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for threads in args.threads:
            bench = Bench(args, threads, pathlib.Path(folder))
            try:
                for case in cases:
                    measured[case][threads] = bench.run(case, versions)
            except WorkerError as problem:
                sys.exit(str(problem))
            finally:
                bench.close()
    print(table.header(versions, args))
    print(table.markdown(measured, versions))
    print(f"\nThe timed programs agree: the largest difference is {table.difference(measured):.1e} of the largest result.")
    shares = [min(c.busy) for columns in measured.values() for c in columns.get(1, [])]
    if not args.cpu_time and shares and min(shares) < 0.95:
        print(f"\nNot quiet: a program had only {min(shares):.0%} of its core for a while. Run it again.")


if __name__ == "__main__":
    main()
