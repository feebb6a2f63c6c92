"""Times this project's encoder and decoder against ONNX Runtime, TensorFlow and PyTorch."""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import sys
import tempfile

from . import images, processes, table
from .measure import Candidate, Case, agree, calibrate, fastest, interleave, load, progress, results

PEERS = ["onnxruntime", "tensorflow", "pytorch"]
CASES = [
    Case("ae1m", "encode", 32, 64),
    Case("ae1m", "reconstruct", 32, 64),
    Case("mnist-conv", "encode", 256, 1024),
    Case("mnist-conv", "reconstruct", 256, 1024),
    Case("dense-784-128-64-12-2", "encode", 256, 1024),
    Case("dense-784-100-20", "encode", 256, 1024),
    Case("dense-784-128-64", "encode", 256, 1024),
    Case("dense-784-128-32", "encode", 256, 1024),
]


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    names = list(dict.fromkeys(case.model for case in CASES))
    parser.add_argument("--models", nargs="+", choices=names, default=names, metavar="MODEL", help=", ".join(names))
    parser.add_argument("--modes", nargs="+", choices=["encode", "reconstruct"], default=["encode", "reconstruct"])
    parser.add_argument("--engines", nargs="+", choices=PEERS, default=PEERS, help="programs to compare with")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N", help="cores (default: 1 2)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="least duration of a sample")
    parser.add_argument("--avx2", action="store_true", help="hold all programs to AVX2; ONNX Runtime cannot be held")
    parser.add_argument("--cpu_time", action="store_true", help="count processor time, one thread: for busy machines")
    parser.add_argument("--quick", action="store_true", help="only see that it works: ae1m encode, 2 short rounds")
    parser.add_argument("--worker", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.quick:
        args.models, args.modes, args.threads = ["ae1m"], ["encode"], [1]
        args.rounds, args.seconds = 2, 0.1
    if args.cpu_time:
        args.threads = [1]
    if args.avx2:
        args.engines = [engine for engine in args.engines if engine != "onnxruntime"]
    cores = len(processes.cores())
    if min(args.threads) < 1 or max(args.threads) > cores:
        parser.error(f"--threads {args.threads}: this machine has {cores} cores to use")
    if args.rounds < 1 or args.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    return args


class Bench:
    """The workers of one number of threads."""

    def __init__(self, args: argparse.Namespace, threads: int, scratch: pathlib.Path) -> None:
        self.args, self.threads, self.scratch = args, threads, scratch
        cpus = processes.cores()[:threads]
        environment = processes.AVX2 if args.avx2 else {}
        self.ours = processes.exemplar(args.worker, cpus, environment)
        self.theirs: list[tuple[str, str, processes.Process]] = []
        for engine in args.engines:
            splits = {1: "one thread"} if threads == 1 else {1: f"{threads} threads a batch", threads: "1 thread a batch"}
            for callers, label in splits.items():
                worker = processes.peer(sys.executable, engine, cpus, callers, environment)
                self.theirs.append((engine, label, worker))

    def close(self) -> None:
        """Ends the workers."""
        for worker in [self.ours, *(worker for _, _, worker in self.theirs)]:
            worker.close()

    def run(self, case: Case, versions: dict[str, str]) -> list[Candidate]:
        """Measures a case: ours first, then the fastest way to run each peer that agrees with us."""
        progress(f"{case.model} {case.mode}, batch {case.batch}, threads {self.threads}")
        model, raw = self.prepare(case)
        load(case, self.ours, model, raw, self.threads)
        ours = Candidate("exemplar", self.ours, "", f"{self.threads} goroutines" if self.threads > 1 else "1 goroutine")
        expected = results(ours, self.scratch)
        rate = calibrate(case, ours, self.threads, self.args.seconds)
        progress(f"    exemplar: {rate:,.0f} images/s")
        candidates = []
        for engine, split, worker in self.theirs:
            answer = load(case, worker, model, raw, self.threads)
            versions[engine] = answer["version"]
            for variant in answer["variants"]:
                label = ", ".join(filter(None, [variant, split if self.threads > 1 else ""]))
                candidate = Candidate(engine, worker, variant, label)
                if agree(expected, candidate, self.scratch):
                    candidates.append(candidate)
        measured = [ours, *fastest(case, candidates, self.threads, self.args.seconds)]
        interleave(case, measured, self.args.rounds)
        return measured

    def prepare(self, case: Case) -> tuple[pathlib.Path, pathlib.Path]:
        """Makes the model and the images of a case, once."""
        model = self.scratch / case.model
        if not model.exists():
            self.ours.ask(do="create", preset=case.model, seed=1, model=str(model))
        side = 256 if case.model == "ae1m" else 28
        raw = self.scratch / f"images-{side}.u8"
        if not raw.exists():
            images.write(raw, case.count, side, side)
        return model, raw


def main() -> None:
    """Runs all cases and prints the table."""
    args = parse()
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
            finally:
                bench.close()
    print(table.header(versions, args))
    print(table.markdown(measured, versions))
    shares = [min(c.busy) for columns in measured.values() for c in columns.get(1, [])]
    if not args.cpu_time and shares and min(shares) < 0.95:
        print(f"\nNot quiet: a program had only {min(shares):.0%} of its core for a while. Run it again.")


if __name__ == "__main__":
    main()
