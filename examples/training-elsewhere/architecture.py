"""Architectures, as docs/formats.md has them in model.json, and their layers."""

import copy
import dataclasses
import json
import pathlib

from refusal import refuse
from shards import Shape

CLASSIC = {"family": "dense", "input": {"height": 28, "width": 28}}
PRESETS = {
    "ae1m": {"family": "conv", "input": {"height": 256, "width": 256}, "latent": 512, "filters": [16, 32, 64, 128], "convs_per_stage": 2},
    "mnist-conv": {"family": "conv", "input": {"height": 28, "width": 28}, "latent": 64, "filters": [16, 32], "convs_per_stage": 1},
    "dense-784-128-64-12-2": CLASSIC | {"widths": [128, 64, 12], "latent": 2},
    "dense-784-100-20": CLASSIC | {"widths": [100], "latent": 20},
    "dense-784-128-64": CLASSIC | {"widths": [128], "latent": 64, "activations": {"hidden": "sigmoid", "latent": "sigmoid"}},
    "dense-784-128-32": CLASSIC | {"widths": [128], "latent": 32},
}
SPANS = {"unit": 1, "symmetric": 2, "byte": 255}  # the lengths of the ranges that pixels become
KNOWN = {"name", "family", "input", "latent", "filters", "convs_per_stage", "widths", "activations"}


@dataclasses.dataclass(frozen=True)
class Layer:
    """A step: conv, convt, pool, dense, reshape or crop; shapes are (height, width, channels), of vectors (1, 1, n)."""

    kind: str
    before: tuple[int, int, int]
    after: tuple[int, int, int]
    name: str = ""
    activation: str = "linear"


def load(name: str, latent: int, shape: Shape, full: int = 0) -> dict:
    """Returns a preset or the architecture in a JSON file for images of a shape, every field in place.

    Convolutional presets take images of any size. full is the pixel that counts as 1, as shards.json has it;
    0 is the largest of the type. An architecture that says another has its own.
    """
    preset = name in PRESETS
    if preset:
        arch = copy.deepcopy(PRESETS[name]) | {"name": name}
    else:
        try:
            arch = json.loads(pathlib.Path(name).read_text("utf-8"))
        except FileNotFoundError:
            refuse(f"--arch={name}: is neither a file nor one of {', '.join(PRESETS)}")
        except (OSError, ValueError) as e:
            refuse(f"--arch={name}: {e}: give the file of an architecture, as JSON")
    try:
        complete(arch, latent)
        own = Shape(**{k: arch["input"][k] for k in ("height", "width", "channels", "bits")})
        if own != shape:
            if not (preset and arch["family"] == "conv"):
                raise ValueError(f"takes {own} images, those of the shards are {shape}: choose an architecture for them")
            arch["input"] |= dataclasses.asdict(shape)
            arch.pop("name", None)
        if full and not arch["input"].get("full_scale"):
            arch["input"]["full_scale"] = full
            arch.pop("name", None)
        validate(arch)
    except ValueError as e:
        refuse(f"--arch={name}: {e}")
    return arch


def complete(arch: dict, latent: int) -> None:
    """Fills in what may be absent, as exemplar does."""
    if not isinstance(arch, dict) or not isinstance(arch.get("input"), dict) or not isinstance(arch.get("activations", {}), dict):
        raise ValueError("an architecture is an object with input, family and latent")
    if arch.get("family") == "linear":
        raise ValueError("family linear is computed, not trained by steps: exemplar train --arch=linear takes seconds")
    if unknown := [k for k in arch if k not in KNOWN]:
        raise ValueError(f"unknown field {unknown[0]}")
    if unknown := [k for k in arch["input"] if k not in ("height", "width", "channels", "bits", "full_scale", "scale")]:
        raise ValueError(f"unknown field input.{unknown[0]}")
    arch["input"] = {"channels": 1, "bits": 8, "scale": "unit"} | arch["input"]
    output = {"unit": "sigmoid", "symmetric": "tanh"}.get(arch["input"]["scale"], "linear")
    usual = {"hidden": "relu", "latent": "linear", "expand": "linear", "output": output}
    if unknown := [k for k in arch.get("activations", {}) if k not in usual]:
        raise ValueError(f"unknown field activations.{unknown[0]}")
    arch["activations"] = usual | arch.get("activations", {})
    if latent and latent != arch.get("latent"):
        arch["latent"] = latent
        arch.pop("name", None)


def validate(arch: dict) -> None:
    """Refuses what import would refuse after the training."""
    size, act, family = arch["input"], arch["activations"], arch.get("family")

    def number(where: str, value: object, largest: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= largest:
            raise ValueError(f"{where} is {value!r}: must be a whole number from 1 to {largest:,}")

    number("latent", arch.get("latent"), 1 << 20)
    for key in ("height", "width"):
        number(f"input.{key}", size.get(key), 1 << 14)
    if "full_scale" in size:
        number("input.full_scale", size["full_scale"], 2 ** size["bits"] - 1)
    if size["scale"] not in SPANS:
        raise ValueError(f"input.scale is {size['scale']!r}: must be unit, symmetric or byte")
    if family not in ("conv", "dense"):
        raise ValueError(f"family is {family!r}: must be conv or dense")
    own, others = ("filters", ("widths",)) if family == "conv" else ("widths", ("filters", "convs_per_stage"))
    if wrong := [k for k in others if k in arch]:
        raise ValueError(f"family {family} has no {wrong[0]}")
    if not isinstance(arch.get(own, []), list) or len(arch.get(own, [])) > 64:
        raise ValueError(f"{own} must be a list of at most 64 numbers")
    for value in arch.get(own, []):
        number(own, value, 1 << (14 if family == "conv" else 20))
    if family == "conv":
        number("convs_per_stage", arch.get("convs_per_stage"), 16)
        n = len(arch.get("filters", []))
        if n < 1 or min(size["height"], size["width"]) >> n < 1:
            raise ValueError(f"images of {size['height']}x{size['width']} and {n} stages of pooling: there must be a stage, and a pixel left after the last")
    for where, name in act.items():
        if name not in ("linear", "relu", "sigmoid", "tanh"):
            raise ValueError(f"activations.{where} is {name!r}: must be linear, relu, sigmoid or tanh")
    if (size["scale"], act["output"]) in {("symmetric", "sigmoid"), ("symmetric", "relu"), ("byte", "sigmoid"), ("byte", "tanh")}:
        raise ValueError(f"the output activation {act['output']} does not reach all pixels of scale {size['scale']}")


def full_scale(arch: dict) -> int:
    """Returns the pixel that counts as 1."""
    return arch["input"].get("full_scale") or 2 ** arch["input"]["bits"] - 1


def encoder(arch: dict) -> list[Layer]:
    """Returns the layers from scaled pixels to the latent vector."""
    size, act, out = arch["input"], arch["activations"], []
    at = (size["height"], size["width"], size["channels"])
    n = 0

    def add(kind: str, after: tuple[int, int, int], name: str = "", activation: str = "linear") -> None:
        nonlocal at
        out.append(Layer(kind, at, after, name, activation))
        at = after

    if arch["family"] == "dense":
        for n, units in enumerate(arch.get("widths", []), 1):
            add("dense", (1, 1, units), f"dense{n - 1}", act["hidden"])
        add("dense", (1, 1, arch["latent"]), f"dense{n}", act["latent"])
        return out
    for filters in arch["filters"]:
        for _ in range(arch["convs_per_stage"]):
            add("conv", (*at[:2], filters), f"conv{n}", act["hidden"])
            n += 1
        add("pool", (at[0] // 2, at[1] // 2, filters))
    add("dense", (1, 1, arch["latent"]), "dense", act["latent"])
    return out


def decoder(arch: dict) -> list[Layer]:
    """Returns the layers from the latent vector to scaled pixels."""
    size, act, out = arch["input"], arch["activations"], []
    image = (size["height"], size["width"], size["channels"])
    at = (1, 1, arch["latent"])
    n = 0

    def add(kind: str, after: tuple[int, int, int], name: str = "", activation: str = "linear") -> None:
        nonlocal at
        out.append(Layer(kind, at, after, name, activation))
        at = after

    if arch["family"] == "dense":
        for n, units in enumerate(reversed(arch.get("widths", [])), 1):
            add("dense", (1, 1, units), f"dense{n - 1}", act["hidden"])
        add("dense", (1, 1, image[0] * image[1] * image[2]), f"dense{n}", act["output"])
        add("reshape", image)
        return out
    stages = len(arch["filters"])
    # The smallest plane that covers the image after as many doublings.
    first = tuple(-(-side // (1 << stages)) for side in image[:2]) + (arch["filters"][-1],)
    add("dense", (1, 1, first[0] * first[1] * first[2]), "dense", act["expand"])
    add("reshape", first)
    for i, filters in enumerate(reversed(arch["filters"])):
        add("convt", (2 * at[0], 2 * at[1], filters), f"convt{i}", act["hidden"])
        for _ in range(arch["convs_per_stage"] - 1):
            add("conv", (*at[:2], filters), f"conv{n}", act["hidden"])
            n += 1
    add("conv", (*at[:2], image[2]), "output", act["output"])
    if at != image:
        add("crop", image)
    return out
