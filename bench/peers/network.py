"""A model directory as arrays: the layers that every engine builds its network from."""

from __future__ import annotations

import dataclasses
import json
import pathlib

import numpy as np

Shape = tuple[int, int, int]  # height, width, channels

# Adam's learning rate, the study's, and constants, Keras's.
RATE, BETAS, EPSILON = 3e-4, (0.9, 0.999), 1e-7


@dataclasses.dataclass(frozen=True)
class Layer:
    """One step of an encoder or decoder, as package model describes it.

    Kernels are in Keras order: conv (3, 3, in, out), convt (3, 3, out, in), dense (in, out).
    Vectors flatten planes in (row, column, channel) order.
    """

    kind: str  # conv, convt, pool, dense or reshape
    name: str
    inputs: Shape
    outputs: Shape
    activation: str  # linear, relu, sigmoid, tanh, or empty without weights
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Network:
    """An autoencoder."""

    encoder: list[Layer]
    decoder: list[Layer]

    @property
    def image(self) -> Shape:
        """The shape of an image."""
        return self.encoder[0].inputs

    @property
    def planar(self) -> bool:
        """Whether the first layer takes planes; otherwise it takes vectors."""
        return self.encoder[0].kind != "dense"


def read(model: pathlib.Path) -> Network:
    """Reads the weights and layers.json of a model directory."""
    described = json.loads((model / "layers.json").read_text())
    return Network(
        _layers(described["Encoder"], safetensors(model / "encoder.safetensors")),
        _layers(described["Decoder"], safetensors(model / "decoder.safetensors")),
    )


def _layers(described: list[dict], weights: dict[str, np.ndarray]) -> list[Layer]:
    layers = []
    for d in described:
        if d["Kind"] not in ("conv", "convt", "pool", "dense", "reshape"):
            raise ValueError(f"layers of kind {d['Kind']} are not compared")
        shapes = [(d[end]["Height"], d[end]["Width"], d[end]["Channels"]) for end in ("In", "Out")]
        kernel, bias = (weights.get(f"{d['Name']}.{part}") for part in ("kernel", "bias"))
        layers.append(Layer(d["Kind"], d["Name"], *shapes, d["Activation"], kernel, bias))
    return layers


def safetensors(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads the float32 arrays of a safetensors file."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    arrays = {}
    for name, entry in json.loads(data[8:start]).items():
        begin, end = entry["data_offsets"]
        arrays[name] = np.frombuffer(data[start + begin : start + end], "<f4").reshape(entry["shape"])
    return arrays


def channels_first(layers: list[Layer]) -> list[Layer]:
    """Returns the layers for engines that flatten planes in (channel, row, column) order.

    The dense layer after a plane gets its rows in that order, the one before a reshape its columns,
    so that no transposition is left to be done at run time.
    """
    out = []
    for layer, after in zip(layers, [*layers[1:], None], strict=True):
        if layer.kind == "dense":
            rows = _order(layer.inputs)
            columns = _order(after.outputs if after and after.kind == "reshape" else layer.outputs)
            kernel = np.ascontiguousarray(layer.kernel[rows][:, columns])
            layer = dataclasses.replace(layer, kernel=kernel, bias=layer.bias[columns])
        out.append(layer)
    return out


def _order(shape: Shape) -> np.ndarray:
    """Returns the position in (row, column, channel) order of each (channel, row, column)."""
    return np.arange(np.prod(shape)).reshape(shape).transpose(2, 0, 1).ravel()
