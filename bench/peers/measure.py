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

SEED = 1  # of random weights


@dataclasses.dataclass(frozen=True)
class Case:
    """What is computed."""

    model: str  # preset, or what is assigned to
    mode: str  # encode, reconstruct, train or assign
    batch: int
    count: int  # distinct images, or rows
    clusters: int = 0  # of mode assign: centers
    clock: str = "seconds"  # or cpu: processor time, for one thread on a machine that is not quiet

    @property
    def least(self) -> int:
        """The images or rows of a sample, at least: all, or two steps of training."""
        return 2 * self.batch if self.mode == "train" else self.count

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.model}, {self.mode}, batch {self.batch:,}"


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
        """The median rate in images per second."""
        return statistics.median(self.rates)


def progress(text: str) -> None:
    """Says what is going on."""
    print(text, file=sys.stderr, flush=True)


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The files of a case."""

    model: pathlib.Path  # directory; of mode assign, the centers
    images: pathlib.Path  # raw pixels; of mode assign, the rows


def load(case: Case, process: Process, inputs: Inputs, threads: int) -> dict:
    """Loads the case into a worker."""
    paths = {"model": str(inputs.model), "images": str(inputs.images)}
    sizes = {"clusters": case.clusters, "batch": case.batch, "threads": threads}
    return process.ask(do="load", **paths, mode=case.mode, seed=SEED, **sizes)


def results(candidate: Candidate, scratch: pathlib.Path) -> np.ndarray:
    """Returns what the candidate computes for every image."""
    path = scratch / "results.f32"
    candidate.process.ask(do="check", variant=candidate.variant, output=str(path))
    return np.fromfile(path, "<f4")


def agree(case: Case, inputs: Inputs, ours: np.ndarray, candidate: Candidate, scratch: pathlib.Path) -> bool:
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
    if case.mode == "assign":
        candidate.difference = farther(case, inputs, ours.astype(int), theirs.astype(int))
    else:
        candidate.difference = float(np.abs(theirs - ours).max() / np.abs(ours).max())
    if not candidate.difference <= TOLERANCE:
        progress(f"    {name} disagrees by {candidate.difference:.1e} of the largest result: not timed")
        return False
    return True


def farther(case: Case, inputs: Inputs, ours: np.ndarray, theirs: np.ndarray) -> float:
    """Returns the largest relative difference of squared distances where two assignments differ."""
    at = np.flatnonzero(ours != theirs)
    if at.size == 0:
        return 0.0
    centers = np.fromfile(inputs.model, "<f4").reshape(case.clusters, -1).astype(np.float64)
    rows = np.memmap(inputs.images, "<f4", "r").reshape(-1, centers.shape[1])[at]
    a, b = (np.square(rows - centers[labels[at]]).sum(1) for labels in (ours, theirs))
    return float((np.abs(a - b) / a).max())


def sample(case: Case, candidate: Candidate, batches: int) -> tuple[float, float]:
    """Times batches once and returns images per second and the processors used."""
    answer = candidate.process.ask(do="time", variant=candidate.variant, batches=batches)
    return batches * case.batch / answer[case.clock], answer["cpu"] / answer["seconds"]


def calibrate(case: Case, candidate: Candidate, threads: int, seconds: float) -> float:
    """Sets the batches of a sample so that it takes the seconds and enough images; returns the rate."""
    batches, rate = threads, 0.0
    while True:
        rate = max(rate, sample(case, candidate, batches)[0])
        images = max(seconds * rate, case.least)
        wanted = threads * math.ceil(images / case.batch / threads)
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
        progress(f"    {candidate.engine}{label}: {rate:,.0f}/s, differs by {candidate.difference:.1e}")
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
    return [a / b for a, b in zip(ours.rates, theirs.rates, strict=True)]
