"""The command line. It needs no other package, so that mistakes are found before any is installed."""

from __future__ import annotations

import argparse
import pathlib

from . import processes

DESCRIPTION = "Times this project's encoder, decoder, trainer and clustering against other programs."
NETWORKS = ["onnxruntime", "tensorflow", "pytorch"]
TRAINERS = ["tensorflow", "pytorch"]
ASSIGNERS = ["openblas", "faiss"]
MODELS = [
    "ae1m",
    "mnist-conv",
    "dense-784-128-64-12-2",
    "dense-784-100-20",
    "dense-784-128-64",
    "dense-784-128-32",
    "100-centres",
    "1000-centres",
]
Options = argparse.Namespace


def parse() -> Options:
    """Reads the command line; a mistake in it ends the program."""
    parser = argparse.ArgumentParser(prog="bench/run", description=DESCRIPTION)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS, metavar="MODEL", help=", ".join(MODELS))
    modes, engines = ["encode", "reconstruct", "train", "assign"], NETWORKS + ASSIGNERS
    parser.add_argument("--modes", nargs="+", choices=modes, default=modes)
    parser.add_argument("--engines", nargs="+", choices=engines, default=engines, help="programs to compare with")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N", help="cores (default: 1 2)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="least duration of a sample")
    parser.add_argument("--avx2", action="store_true", help="hold all programs to AVX2; ONNX Runtime cannot be held")
    parser.add_argument("--cpu_time", action="store_true", help="count processor time, one thread: for busy machines")
    parser.add_argument("--quick", action="store_true", help="only see that it works: ae1m encode, 2 short rounds")
    parser.add_argument("--worker", type=pathlib.Path, help=argparse.SUPPRESS)
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


if __name__ == "__main__":
    parse()
