"""One comparison: agreement first, then interleaved rounds."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import statistics
import sys

import numpy as np

from .processes import Process, WorkerError

# Results may differ by this much of the largest one. Float32 sums in another order differ by about
# 1e-6; a wrong network, or arithmetic of 16 bits, by 1e-3 and more.
TOLERANCE = 1e-4


@dataclasses.dataclass(frozen=True)
class Case:
    """What is computed."""

    model: str  # preset
    mode: str  # encode or reconstruct
    batch: int
    count: int  # distinct images
    clock: str = "seconds"  # or cpu: processor time, for one thread on a machine that is not quiet


@dataclasses.dataclass
class Candidate:
    """One way of running an engine, and what was measured of it."""

    engine: str
    process: Process
    variant: str
    label: str  # how it is set up, for people
    difference: float = 0.0  # largest, relative to the largest result
    batches: int = 0  # a sample
    rates: list[float] = dataclasses.field(default_factory=list)  # images/s of each round
    busy: list[float] = dataclasses.field(default_factory=list)  # processors used while timed

    @property
    def rate(self) -> float:
        """The median rate in images a second."""
        return statistics.median(self.rates)


def progress(text: str) -> None:
    """Says what is going on."""
    print(text, file=sys.stderr, flush=True)


def load(case: Case, process: Process, model: pathlib.Path, images: pathlib.Path, threads: int) -> dict:
    """Loads the case into a worker."""
    return process.ask(
        do="load", model=str(model), images=str(images), mode=case.mode, batch=case.batch, threads=threads
    )


def results(candidate: Candidate, scratch: pathlib.Path) -> np.ndarray:
    """Returns what the candidate computes for every image."""
    path = scratch / "results.f32"
    candidate.process.ask(do="check", variant=candidate.variant, output=str(path))
    return np.fromfile(path, "<f4")


def agree(ours: np.ndarray, candidate: Candidate, scratch: pathlib.Path) -> bool:
    """Says whether the candidate gives our results; one that does not, or cannot run, is not timed."""
    name = f"{candidate.engine} ({candidate.label})" if candidate.label else candidate.engine
    try:
        theirs = results(candidate, scratch)
    except WorkerError as problem:
        progress(f"    {name} cannot run this: {str(problem).splitlines()[0]}")
        return False
    if theirs.shape != ours.shape:
        progress(f"    {name} gives {theirs.size} numbers instead of {ours.size}: not timed")
        return False
    candidate.difference = float(np.abs(theirs - ours).max() / np.abs(ours).max())
    if not candidate.difference <= TOLERANCE:
        progress(f"    {name} disagrees by {candidate.difference:.1e} of the largest result: not timed")
        return False
    return True


def sample(case: Case, candidate: Candidate, batches: int) -> tuple[float, float]:
    """Times batches once and returns images a second and the processors used."""
    answer = candidate.process.ask(do="time", variant=candidate.variant, batches=batches)
    return batches * case.batch / answer[case.clock], answer["cpu"] / answer["seconds"]


def calibrate(case: Case, candidate: Candidate, threads: int, seconds: float) -> float:
    """Sets the batches of a sample so that it takes about the seconds; returns the rate."""
    batches, rate = threads, 0.0
    while True:
        rate = max(rate, sample(case, candidate, batches)[0])
        wanted = threads * math.ceil(seconds * rate / case.batch / threads)
        if wanted <= 4 * batches:
            candidate.batches = wanted
            return rate
        batches = wanted


def fastest(case: Case, candidates: list[Candidate], threads: int, seconds: float) -> list[Candidate]:
    """Returns the fastest candidate of each engine."""
    best: dict[str, tuple[float, Candidate]] = {}
    for candidate in candidates:
        rate = calibrate(case, candidate, threads, seconds)
        if candidate.batches * case.batch / rate < 1:
            rate = max(rate, sample(case, candidate, candidate.batches)[0])
        label = f" ({candidate.label})" if candidate.label else ""
        progress(f"    {candidate.engine}{label}: {rate:,.0f} images/s, differs by {candidate.difference:.1e}")
        if rate > best.get(candidate.engine, (0.0, candidate))[0]:
            best[candidate.engine] = rate, candidate
    return [candidate for _, candidate in best.values()]


def interleave(case: Case, candidates: list[Candidate], rounds: int) -> None:
    """Times the candidates in turn, so that all see the same machine."""
    for _ in range(rounds):
        for candidate in candidates:
            rate, busy = sample(case, candidate, candidate.batches)
            candidate.rates.append(rate)
            candidate.busy.append(busy)


def ratios(ours: Candidate, theirs: Candidate) -> list[float]:
    """Returns, round by round, how many times as fast we are."""
    return [a / b for a, b in zip(ours.rates, theirs.rates)]
