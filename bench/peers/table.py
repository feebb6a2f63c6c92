"""The results as Markdown."""

from __future__ import annotations

import argparse
import datetime
import pathlib
import platform
import statistics

from .measure import Candidate, Case, ratios


def processor() -> str:
    """Returns the processor's name."""
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def instructions() -> str:
    """Returns the widest vector instructions of the processor that matter here."""
    info = pathlib.Path("/proc/cpuinfo")
    flags = info.read_text().split() if info.exists() else []
    if "avx512f" in flags:
        return "AVX-512"
    return "AVX2" if "avx2" in flags else platform.machine()


def header(versions: dict[str, str], args: argparse.Namespace) -> str:
    """Says where, when and what was measured."""
    held = "all programs held to AVX2" if args.avx2 else instructions()
    clock = ", processor time" if args.cpu_time else ""
    return (
        f"{datetime.date.today().isoformat()}, {processor()}, {held}; "
        f"Python {platform.python_version()}, {', '.join(versions.values())}. "
        f"Float32, median of {args.rounds} interleaved rounds{clock}.\n"
    )


def markdown(measured: dict[Case, dict[int, list[Candidate]]], versions: dict[str, str]) -> str:
    """Returns one table: a block of rows a case, a pair of columns a number of threads."""
    threads = list(next(iter(measured.values())))
    titles = ["model", "engine"]
    for n in threads:
        cores = "1 core" if n == 1 else f"{n} cores"
        titles += [f"images or rows/s, {cores}", f"exemplar is, {cores}"]
    lines = [f"| {' | '.join(titles)} |", f"|---|---|{'---:|' * (2 * len(threads))}"]
    for case, columns in measured.items():
        names = list(dict.fromkeys(c.engine for found in columns.values() for c in found))
        for name in names:
            title = case.title if name == "exemplar" else ""
            cells = [title, "**exemplar**" if name == "exemplar" else versions[name].replace("+", " +")]
            for n in threads:
                found = {candidate.engine: candidate for candidate in columns[n]}
                cells += pair(found["exemplar"], found.get(name))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def difference(measured: dict[Case, dict[int, list[Candidate]]]) -> float:
    """Returns the largest difference of any program's results from ours."""
    return max(c.difference for columns in measured.values() for found in columns.values() for c in found)


def pair(ours: Candidate, theirs: Candidate | None) -> list[str]:
    """Returns the cells of one engine: rate with its range, ratio with its range."""
    if theirs is None:
        return ["–", "–"]
    rate = f"{number(theirs.rate)} ({number(min(theirs.rates))}–{number(max(theirs.rates))})"
    if theirs is ours:
        return [f"**{rate}**", ""]
    quotients = ratios(ours, theirs)
    return [
        f"{rate}, {theirs.label}" if theirs.label else rate,
        f"**{statistics.median(quotients):.2f}x** ({min(quotients):.2f}–{max(quotients):.2f})",
    ]


def number(rate: float) -> str:
    """Returns a rate with three digits or more."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"
