"""Files that lie, are cut or unpack to more than there is memory are a rejection each, with a reason,
beside images that are read; memory stays bounded. The same of folders: a cell that lacks a channel, a
pattern that half of the files have, names that are no UTF-8, an output in the input, two runs at once.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess

import channels
import hostile
from check import require
from programs import png
from tiffs import gray, tiff

most = 0  # bytes that a run took
MEMORY = 400 << 20  # bytes that a run may take, of images below 1 MB


class Done:
    """A run of exemplar: exit code, lines, the most memory that it took, rejections."""

    def __init__(self, binary, *args, out=None):
        process = subprocess.Popen([binary, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = process.stdout.read().decode(errors="replace")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = self.code = os.waitstatus_to_exitcode(status)
        self.memory = used.ru_maxrss * 1024
        self.lines = [line for line in text.splitlines() if line.strip()]
        self.rejected = {}
        if out is not None:
            for path in out.rglob("errors.jsonl"):
                for line in path.read_text("utf-8").splitlines():
                    entry = json.loads(line)
                    self.rejected[entry["name"]] = f"{entry['reason']}: {entry['detail']}"

    def one_line(self, code):
        """What is wrong where the run should end with a code and one line."""
        if self.code != code:
            return f"exit code {self.code}, want {code}: {self.lines[-3:]}"
        if len(self.lines) != 1 or "goroutine" in self.lines[0]:
            return f"{len(self.lines)} lines: {self.lines[:4]}"
        return ""


def beside(binary, scratch, name, data, others, *flags):
    """Packs a file beside others."""
    folder, out = scratch / "in", scratch / "out"
    shutil.rmtree(scratch, ignore_errors=True)
    folder.mkdir(parents=True)
    for i, other in enumerate(others):
        (folder / f"good{i}.tif").write_bytes(other)
    (folder / name).write_bytes(data)
    return Done(binary, "shard", f"--input={folder}", f"--output={out}", *flags, out=out)


def files(binary, out, p):
    """Faults of single files."""
    others = [hostile.good(p), hostile.good(p[:, ::-1]), hostile.good(p[:, :, ::-1])]
    for name, data, why in hostile.lies(p):
        done = beside(binary, out / "lie", name, data, others)
        fault = ""
        if done.code != 0:
            fault = f"exit code {done.code}: {done.lines[-2:]}"
        elif list(done.rejected) != [name]:
            fault = f"rejected are {done.rejected}: {done.lines}"
        elif why not in done.rejected[name]:
            fault = f"the reason is not {why!r}: {done.rejected[name]}"
        elif len(done.rejected[name]) > 500:
            fault = f"the reason has {len(done.rejected[name])} characters: {done.rejected[name][:200]}"
        elif done.memory > MEMORY:
            fault = f"takes {done.memory >> 20} MiB"
        global most
        most = max(most, done.memory)
        yield name, fault, done.rejected.get(name, "")
    for name, data in hostile.odd(p):
        done = beside(binary, out / "odd", name, data, others)
        yield name, "" if done.code == 0 and not done.rejected else f"exit code {done.code}, {done.rejected}, {done.lines[-2:]}", "read"
    for name, data in hostile.numbers(p):
        done = beside(binary, out / "number", name, data, [d for n, d in hostile.numbers(p) if n == "good.tif"] * 2, "--range=0,1")
        want = [] if name == "good.tif" else [name]
        yield f"floats, {name}", "" if done.code == 0 and list(done.rejected) == want else f"exit code {done.code}, {done.rejected}, {done.lines[-2:]}", str(done.rejected)


def folders(binary, out, p):
    """Faults of folders and runs."""
    def fresh(name, number=20, skip=lambda n, c: False, width=4):
        folder = out / name / "in"
        folder.mkdir(parents=True)
        for n in range(number):
            for c in range(3):
                if not skip(n, c):
                    (folder / f"c{n:0{width}d}_ch{c + 1}.tif").write_bytes(tiff([gray(p[c])]))
        return folder, out / name / "out"

    pattern = r"--channel_pattern=_ch(?P<channel>\d+)"
    names = "--channels=DNA,ER,RNA"
    source, target = fresh("lacks", 600, lambda n, c: (n, c) == (77, 1))
    done = Done(binary, "shard", f"--input={source}", f"--output={target}", pattern, names, out=target)
    yield "1 of 600 cells lacks a channel", "" if done.code == 0 and list(done.rejected) == ["c0077.tif"] and "ER" in str(done.rejected) else f"{done.code} {done.rejected} {done.lines[-3:]}", str(done.rejected)

    source, target = fresh("half")
    for n in range(60):
        (source / f"overview{n}.tif").write_bytes(tiff([gray(p[0])]))
    done = Done(binary, "shard", f"--input={source}", f"--output={target}", pattern)
    yield "a pattern that half of the files have", done.one_line(1), done.lines[0]
    done = Done(binary, "shard", f"--input={source}", f"--output={target}", r"--channel_pattern=_w(?P<channel>\d+)")
    yield "a pattern that no file has", done.one_line(1), done.lines[0]
    for flag, why in ((r"--channel_pattern=_ch\d+", "without its group"), ("--channel_pattern=_ch(", "that is none"), ("--channels=DNA,DNA,RNA", "names twice"), ("--channels=DNA,,RNA", "no name"),
                      ("--channels=" + ",".join(f"c{i}" for i in range(17)), "17 names"), ("--channels=A\nB", "a line end in a name")):
        done = Done(binary, "shard", f"--input={source}", f"--output={target}", flag)
        yield f"flag {why}", done.one_line(2), done.lines[0]
    done = Done(binary, "shard", f"--input={source}/*_ch*.tif", f"--output={target}", pattern, "--channels=DNA,ER")
    yield "2 names of 3 channels", done.one_line(1), done.lines[0]

    source, target = fresh("twice")
    (source / "c0003_ch01.tif").write_bytes(tiff([gray(p[0])]))
    done = Done(binary, "shard", f"--input={source}", f"--output={target}", pattern, out=target)
    yield "a channel twice, as 1 and 01", "" if done.code == 0 and list(done.rejected) == ["c0003.tif"] else f"{done.code} {done.rejected} {done.lines[-3:]}", str(done.rejected)

    source, target = fresh("differ")
    (source / "c0003_ch2.tif").write_bytes(tiff([gray(p[1, :40].copy())]))
    (source / "c0004_ch2.tif").write_bytes(tiff([gray((p[1] >> 4).astype("uint8"))]))
    (source / "c0005_ch2.tif").write_bytes(hostile.good(p))
    (source / "c0006_ch2.tif").write_bytes(b"no TIFF")
    done = Done(binary, "shard", f"--input={source}", f"--output={target}", pattern, out=target)
    want = [f"c000{n}.tif" for n in (3, 4, 5, 6)]
    yield "channels of other size, depth, number, and none", "" if done.code == 0 and sorted(done.rejected) == want else f"{done.code} {done.rejected} {done.lines[-3:]}", str(done.rejected)

    source, target = fresh("bytes")
    for c in range(3):
        with open(os.fsencode(source) + b"/\xff\xfe_ch%d.tif" % (c + 1), "wb") as f:
            f.write(tiff([gray(p[c])]))
    done = Done(binary, "shard", f"--input={source}", f"--output={target}", pattern, out=target)
    yield "names that are no UTF-8", "" if done.code in (0, 1) and "goroutine" not in str(done.lines) and (done.code == 0) == bool(done.rejected) else f"{done.code} {done.rejected} {done.lines[-3:]}", str(done.rejected or done.lines)

    done = Done(binary, "shard", f"--input={source.parent / 'in'}", f"--output={source / 'shards'}", pattern)
    yield "output in the input", done.one_line(1) if done.code else "", f"exit code {done.code}: {done.lines[0]}"

    source, target = fresh("race", 600)
    command = [binary, "shard", f"--input={source}", f"--output={target}", pattern]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    texts = [r.communicate()[0].decode() for r in runs]
    codes = sorted(r.returncode for r in runs)
    verified = Done(binary, "verify", f"--input={target}").code
    yield "two runs at once", "" if codes in ([0, 0], [0, 1]) and verified == 0 else f"exit codes {codes}, verify {verified}: {texts}", f"exit codes {codes}"

    source, target = fresh("mixed", 3)
    (source / "a.png").write_bytes(png((p[0] >> 4).astype("uint8")))
    done = Done(binary, "shard", f"--input={source}", f"--output={target}", pattern, out=target)
    yield "a file without a channel beside", "" if done.code == 0 and list(done.rejected) == ["a.png"] else f"{done.code} {done.rejected} {done.lines[-3:]}", str(done.rejected)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the program exemplar")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the files")
    parser.add_argument("--verbose", action="store_true", help="print what is said of each")
    args = parser.parse_args()
    pixels = channels.cells(1)[0][0][:3]
    number, faults = 0, []
    for cases in (files, folders):
        for name, fault, said in cases(args.bin / "exemplar", args.output, pixels):
            number += 1
            if fault:
                faults.append(f"{name}: {fault}")
            if args.verbose:
                print(f"{'FAULT ' if fault else ''}{name}: {fault or said}")
    require(not faults, "\n".join(["hostile files:", *faults]))
    print(f"{number} hostile or odd files, folders and flags: one line or one rejection each, at most {most >> 20} MiB of memory")


if __name__ == "__main__":
    main()
