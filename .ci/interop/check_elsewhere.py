"""What examples/training-elsewhere trains is what `import` takes and `encode` computes.

Both programs train a few steps on this processor, over several architectures, and for each:

- the loss falls, and a run that was interrupted goes on to the same weights;
- `import` takes the weights and the log, and model.json has the architecture and the range;
- `encode` gives the latents and the errors that the framework itself computed;
- `train --from` those weights, at a learning rate that changes none, gives the same validation loss over
  as many images: the same ones are held out and drawn, and pixels and loss mean the same.

A flipped bit, a short file and other mistakes are one line with the file's name.
"""

import argparse
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq

from check import require

SCRIPTS = pathlib.Path(__file__).parents[2] / "examples/training-elsewhere"
MAX_LATENT, MAX_MSE, MAX_LOSS = 1e-5, 1e-6, 1e-5  # latents relative to the largest, losses to themselves
LR = "1e-30"
PREPROCESSING = {("unit", 8): "uint8/255", ("unit", 16): "uint16/4095", ("byte", 8): "uint8/1", ("symmetric", 16): "uint16/32767.5-1"}


def program(name, *args, code=0):
    """Runs a program, and returns what it said; of its own mistakes a failure has one line."""
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"})
    require(done.returncode == code, f"{name}: exit code {done.returncode}, want {code}: {done.stdout[-2000:]}{done.stderr[-3000:]}")
    return done.stdout if code == 0 else [line for line in done.stderr.splitlines() if line.startswith("train_")]


def rows_of(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def check_latents(weights, latents):
    """Returns the largest difference of latents, of the largest one, and that of errors."""
    with np.load(weights / "check.npz") as saved:
        ids, z, mse = saved["image_id"], saved["embedding"], saved["mse"]
    rows = {}
    for path in latents.glob("latents-*.parquet"):
        rows |= {r["image_id"]: r for r in pq.read_table(path, columns=["image_id", "embedding", "mse"]).to_pylist()}
    got = np.array([rows[i]["embedding"] for i in ids])
    dz = np.abs(got - z).max() / np.abs(z).max()
    dmse = np.abs(np.array([rows[i]["mse"] for i in ids]) - mse).max()
    require(len(ids) > 5 and dz <= MAX_LATENT, f"{weights}: latents of {len(ids)} images differ by {dz:.3g} of the largest")
    require(dmse <= MAX_MSE, f"{weights}: errors differ by {dmse:.3g}")
    return dz, dmse


class Checker:
    def __init__(self, args):
        self.exemplar, self.output = args.bin / "exemplar", args.output
        self.output.mkdir(parents=True)

    def train(self, script, shards, arch, output, *flags, code=0):
        return program(f"{script} {arch}", sys.executable, SCRIPTS / f"train_{script}.py", f"--shards={shards}", f"--arch={arch}",
                       f"--output={output}", "--device=cpu", *flags, code=code)  # fmt: skip

    def one(self, script, shards, arch, flags, own=(), epochs=3):
        """Checks a script with an architecture; own are flags that train knows under these names, too."""
        weights = self.output / f"{script}-{pathlib.Path(arch).stem}{''.join(f for f in own if f[2] == 'v')}"
        self.train(script, shards, arch, weights, f"--epochs={epochs}", *flags, *own)
        losses = [float(r["loss"]) for r in rows_of(weights / "training_log.csv")]
        require(len(losses) == epochs and losses[-1] < 0.97 * losses[0], f"{weights}: the loss does not fall: {losses}")
        self.imported(script, weights, shards, arch, [f for f in flags if f.startswith(("--limit", "--batch"))], own)

    def imported(self, script, weights, shards, arch, flags, own):
        model, latents, again = (weights / n for n in ("model", "latents", "again"))
        kind, named = (".npz", [f"--arch={weights / 'arch.json'}"]) if script == "pytorch" else (".keras", [])
        program("import", self.exemplar, "import", f"--encoder={weights / 'encoder'}{kind}", f"--decoder={weights / 'decoder'}{kind}",
                *named, *self.channels(shards), f"--training_log={weights / 'training_log.csv'}", f"--output={model}")  # fmt: skip
        said, got = json.loads((weights / "arch.json").read_text()), json.loads((model / "model.json").read_text())["architecture"]
        absent = {"name"} | ({"activations"} if script == "keras" and said["family"] == "dense" and not said.get("widths") else set())
        require({k: v for k, v in said.items() if k not in absent} == {k: v for k, v in got.items() if k not in absent},
                f"{model}: architecture {got}, trained was {said}")  # fmt: skip
        require((model / "training_log.csv").read_bytes() == (weights / "training_log.csv").read_bytes(), f"{model}: another log")
        program("encode", self.exemplar, "encode", f"--input={shards}", f"--model={model}", "--reconstruct", f"--output={latents}")
        dz, dmse = check_latents(weights, latents)

        best = min(rows_of(weights / "training_log.csv"), key=lambda r: float(r["val_loss"]))
        note = ""
        if "--variational" not in own:  # a model holds the means alone
            arch = [f"--arch={weights / 'arch.json'}"]
            program("train --from", self.exemplar, "train", f"--input={shards}", *arch, f"--from={model}", f"--lr={LR}", "--epochs=1", *flags, *own, f"--output={again}")
            row = rows_of(again / "training_log.csv")[0]
            for name in ("val_loss", "val_mse"):
                want, have = float(row[name]), float(best[name])
                require(abs(have - want) <= MAX_LOSS * want, f"{weights}: {name} {have}, train has {want}: are other images held out?")
            note = f", {name} {have:.7g} ({want:.7g} by train)"
        manifest = json.loads((latents / "_latents.json").read_text())
        preprocessing = manifest["spec"]["preprocessing"]
        require(manifest.get("channels_by", "") == ("names" if self.channels(shards) else ""), f"{latents}: channels are taken by {manifest.get('channels_by')}")
        want = PREPROCESSING[said["input"]["scale"], said["input"]["bits"]]
        require(preprocessing == want, f"{latents}: preprocessing is {preprocessing}, trained was with {want}")
        print(f"{weights.name}: {preprocessing}, latents within {dz:.1e} of the largest, errors within {dmse:.1e}{note}", flush=True)

    def channels(self, shards):
        """Returns the flag of import that names the channels, where they have names."""
        names = [c.get("name", "") for c in json.loads((shards / "shards.json").read_text()).get("channels", [])]
        return [f"--channels={','.join(names)}"] if any(names) else []

    def resumed(self, script, shards):
        """A run of two epochs that goes on for a third is one of three."""
        flags = ["--limit=300", "--lr=0.003"]
        arch = "dense-784-128-32"
        self.train(script, shards, arch, self.output / f"{script}-whole", "--epochs=3", *flags)
        part = self.output / f"{script}-part"
        self.train(script, shards, arch, part, "--epochs=2", *flags)
        self.train(script, shards, arch, part, "--epochs=3", *flags, "--resume")
        logs = [[r["val_loss"] for r in rows_of(d / "training_log.csv")] for d in (self.output / f"{script}-whole", part)]
        require(len(logs[0]) == 3 and np.allclose(*np.array(logs, float), rtol=1e-5), f"{script}: a run that goes on has other losses: {logs}")
        (line,) = self.train(script, shards, arch, part, "--epochs=3", "--limit=300", "--lr=0.002", "--resume", code=1)
        require("another --lr" in line, f"{script}: another learning rate: {line}")
        (line,) = self.train(script, shards, arch, part, code=1)
        require("is not empty" in line, f"{script}: a folder that is not empty: {line}")

    def damaged(self, script, shards):
        """A bit that is flipped in a record, and a file that is cut off, are named."""
        copy = self.output / f"{script}-damaged"
        shutil.copytree(shards, copy)
        name = next(iter(json.loads((copy / "shards.json").read_text())["shards"]))["file"]
        whole = (copy / name).read_bytes()
        first = 16 + int.from_bytes(whole[:8], "little")
        flipped = bytearray(whole)
        flipped[first + 12 + 100] ^= 4
        for data, want in ((bytes(flipped), "record 1 at byte"), (whole[:-7], "the file ends within"), (whole[:first], "its sha256 is")):
            (copy / name).write_bytes(data)
            (line,) = self.train(script, copy, "dense-784-100-20", self.output / f"{script}-none", code=1)
            require(name in line and want in line, f"{script}: a damaged file: {line}")
        (line,) = self.train(script, shards, "resnet", self.output / f"{script}-none", code=1)
        require("resnet" in line and "mnist-conv" in line, f"{script}: an unknown architecture: {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bin", "output", "digits", "packed", "color", "five"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--nuclei", type=pathlib.Path)
    parser.add_argument("--scripts", default="pytorch,keras")
    args = parser.parse_args()
    c = Checker(args)
    color = {"family": "conv", "input": {"height": 29, "width": 37, "channels": 3, "bits": 16, "scale": "symmetric"}, "latent": 6,
             "filters": [5, 7], "convs_per_stage": 2, "activations": {"hidden": "tanh", "expand": "relu"}}  # fmt: skip
    (args.output / "color.json").write_text(json.dumps(color))
    wide = {"family": "dense", "input": {"height": 28, "width": 28, "scale": "byte"}, "latent": 16, "widths": [64]}
    (args.output / "byte.json").write_text(json.dumps(wide))
    five = {"family": "conv", "input": {"height": 29, "width": 37, "channels": 5, "bits": 16}, "latent": 6, "filters": [8, 16],
            "convs_per_stage": 1, "activations": {"output": "linear"}}  # fmt: skip
    (args.output / "five.json").write_text(json.dumps(five))
    for script in args.scripts.split(","):
        c.one(script, args.digits, "mnist-conv", ["--limit=600", "--lr=0.002"])
        for preset in ("dense-784-128-64-12-2", "dense-784-100-20", "dense-784-128-64", "dense-784-128-32"):
            loss = ["--loss=bce"] if preset.endswith("-64") else ["--loss=mae"] if preset.endswith("-20") else []
            c.one(script, args.packed, preset, ["--limit=500", "--lr=0.003", "--batch=50"], loss)
        c.one(script, args.color, args.output / "color.json", ["--lr=0.003", "--batch=8", "--memory_gib=0.0001"])
        c.one(script, args.five, args.output / "five.json", ["--lr=0.003", "--batch=8"])
        c.one(script, args.digits, args.output / "byte.json", ["--limit=500", "--lr=0.01", "--batch=16"])
        if args.nuclei:
            c.one(script, args.nuclei, "ae1m", ["--limit=80", "--lr=0.001", "--batch=8"], epochs=2)
        c.resumed(script, args.digits)
        c.damaged(script, args.digits)
        if script == "pytorch":
            c.one(script, args.digits, "dense-784-128-32", ["--limit=500", "--lr=0.003"], ["--variational"])


if __name__ == "__main__":
    main()
