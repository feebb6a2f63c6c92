"""Files as the field's programs write them are read right, every pixel, or refused in one line that
says why: the cases of programs.py. The table of them in docs/formats.md says what happens; --update
writes it anew."""

import argparse
import json
import pathlib
import re
import subprocess

import numpy as np

import channels
import programs
from check import require
from check_channels import records


def outcome(binary, case, folder):
    """Writes the files of a case and packs them; returns the pixels of each image, the names of the
    channels, and what is said."""
    for name, data in case.files.items():
        (folder / "in").mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_bytes(data)
    done = subprocess.run([binary, "shard", f"--input={folder / 'in'}", f"--output={folder / 'out'}", *case.flags], capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    require(done.returncode in (0, 1), f"{case.program}, {case.kind}: exit code {done.returncode}: {said}")
    found, names = {}, None
    if done.returncode == 0:
        listed = json.loads((folder / "out" / "shards.json").read_text()).get("channels")
        names = listed and [c.get("name", "") for c in listed]
        for r in records(folder / "out"):
            shape = (r["height"], r["width"], r["channels"])
            found[r["filename"].decode()] = np.frombuffer(r["image_raw"], "<u2" if r["bits"] == 16 else "u1").reshape(shape)
    for path in (folder / "out").rglob("errors.jsonl"):
        said += [json.loads(line)["detail"] for line in path.read_text().splitlines()]
    return found, names, said


def judge(case, found, names, said):
    """Returns what is wrong with the outcome, or nothing."""
    if case.refused:
        if found:
            return f"{len(found)} images are read, which should be refused"
        if not any(case.refused in line for line in said):
            return f"refused, but not for {case.refused!r}: {said}"
        return ""
    if set(found) != set(case.same):
        return f"images {sorted(found)}, want {sorted(case.same)}: {said}"
    if names != case.channels:
        return f"channels {names}, want {case.channels}"
    for name, want in case.same.items():
        if not np.array_equal(found[name], want.reshape(*want.shape[:2], -1)):
            return f"other pixels of {name}"
    return ""


TABLE = re.compile(r"(?<=\n\n)\| program \| kind of file \| what happens \|\n(\|.*\n)+")


def row(case, found, names, said):
    """A row of the table."""
    if case.refused:
        line = next(line for line in said if case.refused in line)
        why = re.sub(r"^shard: (none of .* says: \S+: \w+: |no images in --input=\S+: )", "", line)
        return f"| {case.program} | {case.kind} | refused: {why} |"
    (pixels, *_), flags = found.values(), ", with " + " ".join(f"`{f}`" for f in case.flags) if case.flags else ""
    what = {1: "gray", 3: "RGB"}[pixels.shape[2]] if names is None else "channels with their names" if all(names) else "channels"
    return f"| {case.program} | {case.kind} | {what}{flags} |"


def table(rows, docs, update):
    """Compares the table in the page with the rows, or writes it."""
    text, want = docs.read_text("utf-8"), "\n".join(["| program | kind of file | what happens |", "|---|---|---|", *rows, ""])
    found = TABLE.search(text)
    require(found, f"{docs} has no table of programs")
    if update:
        docs.write_text(text[:found.start()] + want + text[found.end():], "utf-8")
        return
    for got, line in zip(found[0].splitlines(), want.splitlines()):
        require(got == line, f"{docs} says\n{got}\nand what happens is\n{line}\n(--update writes the table)")
    require(found[0] == want, f"{docs}: the table has other rows (--update writes it)")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the program exemplar")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the files")
    parser.add_argument("--docs", type=pathlib.Path, required=True, help="the page with the table")
    parser.add_argument("--update", action="store_true", help="write the table")
    args = parser.parse_args()
    pixels = channels.cells(1)[0][0][:3]
    faults, rows, refused = [], [], 0
    for i, case in enumerate(programs.cases(pixels)):
        found, names, said = outcome(args.bin / "exemplar", case, args.output / f"{i:02d}")
        if wrong := judge(case, found, names, said):
            faults.append(f"{i:02d} {case.program}, {case.kind}: {wrong}")
        else:
            rows.append(row(case, found, names, said))
        refused += bool(case.refused)
    require(not faults, "\n".join(["files of programs:", *faults]))
    table(rows, args.docs, args.update)
    print(f"files as programs write them: {len(rows) - refused} kinds are read, every pixel, {refused} refused in one line")


if __name__ == "__main__":
    main()
