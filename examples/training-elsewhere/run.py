"""What a training is told, keeps and writes, whatever computes it: flags, log, best epoch, files."""

import argparse
import json
import math
import os
import pathlib
import shlex
import sys
import time
from collections.abc import Callable

import numpy as np

import architecture
from refusal import refuse
from shards import HELD, TRAIN, Collection

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOG, STATE, ARCH, CHECK, LOCK = "training_log.csv", "state.json", "arch.json", "check.npz", ".lock"
PLATEAU = 3  # epochs without a better validation loss after which the schedule plateau halves


def flags(description: str) -> argparse.ArgumentParser:
    """Returns the flags that all programs have; their defaults are those of `exemplar train`."""
    p = argparse.ArgumentParser(description=description, allow_abbrev=False)
    p.add_argument("--shards", required=True, help="folder that exemplar shard wrote")
    p.add_argument("--output", required=True, help="folder for the weights")
    p.add_argument("--arch", required=True, help=f"{', '.join(architecture.PRESETS)}, or a JSON file")
    p.add_argument("--latent", type=int, default=0, help="dimensions of a latent vector (default: the architecture's)")
    p.add_argument("--epochs", type=int, default=20, help="passes over the images (default: 20)")
    p.add_argument("--batch", type=int, default=32, help="images per step (default: 32)")
    p.add_argument("--lr", type=float, default=3e-4, help="learning rate (default: 0.0003)")
    p.add_argument("--schedule", choices=["constant", "cosine", "plateau"], default="constant", help="of the learning rate")
    p.add_argument("--loss", choices=["mse", "mae", "bce"], default="mse", help="of the pixels (default: mse)")
    p.add_argument("--patience", type=int, default=0, help="epochs without a better validation loss after which training ends (default: never)")
    p.add_argument("--validation", type=float, default=0.1, help="share of the images that is held out, by a hash of their names (default: 0.1)")
    p.add_argument("--limit", type=int, default=0, help="images to use, drawn by the hash of their names and --seed (default: all)")
    p.add_argument("--seed", type=int, default=1, help="number that random choices start from (default: 1)")
    p.add_argument("--memory_gib", type=float, default=4, help="GiB of pixels that are kept; larger collections are read in every epoch (default: 4)")
    p.add_argument("--precision", choices=["float32", "tf32", "bfloat16"], default="float32", help="of products while training (default: float32)")
    p.add_argument("--resume", action="store_true", help="go on after the last epoch that --output holds")
    return p


class Run:
    """A training on its way: its settings, its log and its folder."""

    def __init__(self, args: argparse.Namespace, suffix: str) -> None:
        self.args, self.suffix, self.dir = args, suffix, pathlib.Path(args.output)
        self.rows: list[dict] = []
        self.best, self.halvings, self.waited = -1, 0, 0
        self._validate()
        self._look()
        self.images = Collection(args.shards, args.validation, args.limit, args.seed, int(args.memory_gib * (1 << 30)))
        self.arch = architecture.load(args.arch, args.latent, self.images.shape, self.images.full)
        self.scale, self.span = self.arch["input"]["scale"], architecture.SPANS[self.arch["input"]["scale"]]
        self.full = architecture.full_scale(self.arch)
        if args.loss == "bce" and (self.scale != "unit" or self.arch["activations"]["output"] != "sigmoid"):
            refuse("--loss=bce: needs pixels in [0,1] and the output activation sigmoid")
        self.training, self.held = self.images.count(TRAIN), self.images.count(HELD)
        self.steps = -(-self.training // args.batch)  # of an epoch
        self._claim()
        full = f" of full scale {self.full}" if "full_scale" in self.arch["input"] else ""
        print(f"{self.training:,} images for training and {self.held:,} held out, {self.images.shape}{full}, "
              f"{'in memory' if self.images.kept is not None else 'read in every epoch'}")  # fmt: skip
        if args.resume:
            self._restore()

    def _validate(self) -> None:
        a = self.args
        for name, ok, want in (
            ("latent", a.latent >= 0, "1 or more"), ("epochs", a.epochs >= 1, "1 or more"), ("batch", 1 <= a.batch <= 1 << 16, "1 to 65536"),
            ("lr", 0 < a.lr < math.inf, "above 0"), ("patience", a.patience >= 0, "0 or more"), ("validation", 0 <= a.validation < 1, "0 or more and below 1"),
            ("limit", a.limit >= 0, "0 or more"), ("seed", 0 <= a.seed < 1 << 64, "0 to 2^64-1"), ("memory_gib", 0 <= a.memory_gib < 1 << 20, "0 or more"),
        ):  # fmt: skip
            if not ok:
                refuse(f"--{name}={getattr(a, name)}: must be {want}")

    def _look(self) -> None:
        """Refuses a folder that is somebody's."""
        there = self.dir.exists()
        if there and not self.dir.is_dir():
            refuse(f"--output={self.dir}: is a file")
        shards = pathlib.Path(self.args.shards).resolve()
        if shards in (self.dir.resolve(), *self.dir.resolve().parents):
            refuse(f"--output={self.dir}: is in the folder of the shards: choose another")
        if self.args.resume and not (self.dir / STATE).exists():
            refuse(f"--resume: {self.dir} holds no {STATE}: no epoch was finished there; train without --resume, into an empty folder")
        if not self.args.resume and there and any(p.name != LOCK for p in self.dir.iterdir()):
            refuse(f"--output={self.dir}: is not empty: choose another folder, or give --resume to go on with what was trained there")

    def _claim(self) -> None:
        """Makes the folder, and keeps other runs out while this one lasts."""
        self.dir.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.dir / LOCK, "a")
        try:
            if fcntl:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse(f"--output={self.dir}: is in use by another run: wait until it has ended, or choose another folder")
        self._look()

    def settings(self) -> dict:
        """Returns all that decides the epochs; more --epochs may be asked for later, but with a schedule that they decide."""
        names = ["batch", "lr", "schedule", "loss", "validation", "limit", "seed", "precision"]
        names += [n for n in ("variational", "beta") if hasattr(self.args, n)]
        names += ["epochs"] if self.args.schedule == "cosine" else []
        return {n: getattr(self.args, n) for n in names} | {"arch": self.arch, "shards": self.images.content()}

    def _restore(self) -> None:
        """Goes back to the end of the last epoch."""
        try:
            state = json.loads((self.dir / STATE).read_text("utf-8"))
            before, self.rows = state["settings"], state["rows"]
            self.best, self.halvings, self.waited = state["best"], state["halvings"], state["waited"]
        except (ValueError, KeyError, TypeError) as e:
            refuse(f"{self.dir / STATE}: is damaged ({e!r}): train anew in another folder")
        if not self.checkpoint().exists():
            refuse(f"--resume: {self.checkpoint()} is missing: was it another program that trained there? Go on with that, or choose another --output")
        now = self.settings()
        if other := [n for n in now if now[n] != before.get(n)]:
            refuse(f"--resume: {self.dir} was trained with another --{other[0]}: give the same, or choose another --output")
        print(f"going on after epoch {len(self.rows)}")

    def checkpoint(self) -> pathlib.Path:
        """Returns the name of what the framework saved after the last epoch."""
        return self.dir / f"checkpoint-{len(self.rows):04d}.{self.suffix}"

    def over(self) -> bool:
        """Reports whether the training has come to its end, and says so where --patience ends it."""
        if self.args.patience and len(self.rows) - 1 - self.best >= self.args.patience and self.rows:
            print(f"no better epoch in the last {self.args.patience} (--patience)")
            return True
        return len(self.rows) >= self.args.epochs

    def rate(self, step: int) -> float:
        """Returns the learning rate of a step of the epoch at hand."""
        if self.args.schedule == "cosine":
            done = len(self.rows) * self.steps + step
            return self.args.lr * (1 + math.cos(math.pi * done / (self.args.epochs * self.steps))) / 2
        return self.args.lr / 2**self.halvings

    def epoch(self, began: float, losses: dict[str, float], best: Callable[[], None], save: Callable[[pathlib.Path], None]) -> None:
        """Takes the means of an epoch: writes the weights where it is the best one, the log, and the checkpoint."""
        number = len(self.rows)
        if bad := [k for k, v in losses.items() if not math.isfinite(v)]:
            kept = f"the best weights before are in {self.dir}" if self.best >= 0 else "no epoch was finished"
            refuse(f"training stopped in epoch {number + 1}: its {bad[0]} is {losses[bad[0]]}; {kept}; use a smaller --lr")
        row = {"epoch": number} | losses | {"lr": self.rate(self.steps - 1)}
        measure = "val_loss" if self.held else "loss"
        better = self.best < 0 or row[measure] < self.rows[self.best][measure]
        old = self.checkpoint()
        self.rows.append(row)
        self.waited += 1
        if better:
            write(self.dir / ARCH, (json.dumps(self.arch, indent=2) + "\n").encode())
            best()
            self.best, self.waited = number, 0
        if self.waited == PLATEAU and self.args.schedule == "plateau":
            self.halvings, self.waited = self.halvings + 1, 0
        said = f", val_loss {row['val_loss']:.5g}" if self.held else ""
        said += f", val_mse {row['val_mse']:.5g}" if self.held and row["val_mse"] != row["val_loss"] else ""
        print(f"epoch {number + 1} of {self.args.epochs}: loss {row['loss']:.5g}{said}, {time.monotonic() - began:.2f}s{', best so far' if better else ''}", flush=True)
        columns = [c for c in ("epoch", "loss", "mse", "val_loss", "val_mse", "lr", "kl", "val_kl") if c in row]
        lines = [",".join(columns)] + [",".join(str(r[c]) for c in columns) for r in self.rows]
        write(self.dir / LOG, ("\n".join(lines) + "\n").encode())
        save(self.checkpoint())
        state = {"settings": self.settings(), "rows": self.rows, "best": self.best, "halvings": self.halvings, "waited": self.waited}
        write(self.dir / STATE, json.dumps(state, indent=1).encode())
        old.unlink(missing_ok=True)

    def write_check(self, latents: np.ndarray, outputs: np.ndarray, scaled: np.ndarray) -> None:
        """Writes the latents of some images as the framework computes them, for who wants to compare."""
        errors = ((outputs.astype(np.float64) - scaled) / self.span) ** 2
        ids = np.array([i.decode() for i in self.images.sample_ids])
        temporary = self.dir / ("." + CHECK)
        np.savez(temporary, image_id=ids, embedding=latents.astype(np.float32), mse=errors.reshape(len(ids), -1).mean(1))
        os.replace(temporary, self.dir / CHECK)

    def finish(self, encoder: str, decoder: str, arch: bool) -> None:
        """Says what was reached, and how it goes on."""
        row = self.rows[self.best]
        over = f"validation loss {row['val_loss']:.6g}, mean squared error {row['val_mse']:.6g} over {self.held:,} images held out"
        print(f"best of {len(self.rows)} epochs: {self.best + 1}, {over if self.held else f'''loss {row['loss']:.6g}'''}")
        named = f" --arch={self.dir / ARCH}" if arch else ""
        if all(self.images.channels) and self.images.channels:
            named += f" --channels={shlex.quote(','.join(self.images.channels))}"
        print(f"exemplar import --encoder={self.dir / encoder} --decoder={self.dir / decoder}{named} --training_log={self.dir / LOG} --output=MODEL")


def train(r: Run, epoch: Callable[[], None]) -> None:
    """Trains until the end; Ctrl-C loses the epoch at hand."""
    try:
        while not r.over():
            epoch()
    except KeyboardInterrupt:
        print(f"interrupted after epoch {len(r.rows)}: {'--resume goes on from there' if r.rows else 'nothing was saved'}", file=sys.stderr)
        raise SystemExit(130) from None


def guarded(main: Callable[[], None]) -> None:
    """Runs a program whose expected failures are one line."""
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as e:
        refuse(str(e))
    except Exception as e:
        if type(e).__name__ in ("OutOfMemoryError", "ResourceExhaustedError"):
            refuse(f"the device has too little memory: use a smaller --batch ({str(e).splitlines()[0]})")
        raise


def write(path: pathlib.Path, data: bytes) -> None:
    """Writes a file that is absent or complete."""
    temporary = path.with_name("." + path.name)
    temporary.write_bytes(data)
    os.replace(temporary, path)
