"""PyTorch: eager in NHWC, and frozen or compiled, which choose layouts themselves."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from . import network

VERSION = f"PyTorch {torch.__version__}"
ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


class Step(nn.Module):
    """One layer in NCHW order, its planes in either memory format."""

    def __init__(self, layer: network.Layer, channels_last: bool) -> None:
        super().__init__()
        self.kind, self.activation = layer.kind, layer.activation
        self.outputs, self.channels_last = layer.outputs, channels_last
        if layer.kernel is not None:
            order = {"conv": (3, 2, 0, 1), "convt": (3, 2, 0, 1), "dense": (1, 0)}[layer.kind]
            kernel = torch.from_numpy(np.ascontiguousarray(layer.kernel.transpose(order)))
            if channels_last and kernel.dim() == 4:
                kernel = kernel.contiguous(memory_format=torch.channels_last)
            self.register_parameter("kernel", nn.Parameter(kernel))
            self.register_parameter("bias", nn.Parameter(torch.from_numpy(layer.bias.copy())))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Computes the layer."""
        if self.kind == "conv":
            x = functional.conv2d(x, self.kernel, self.bias, padding=1)
        elif self.kind == "convt":
            x = functional.conv_transpose2d(x, self.kernel, self.bias, stride=2)[:, :, :-1, :-1]
        elif self.kind == "pool":
            x = functional.avg_pool2d(x, 2)
        elif self.kind == "dense":
            if self.channels_last and x.dim() == 4:
                x = x.permute(0, 2, 3, 1)
            x = functional.linear(x.flatten(1), self.kernel, self.bias)
        else:
            height, width, channels = self.outputs
            if self.channels_last:
                x = x.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
            else:
                x = x.reshape(-1, channels, height, width)
        if self.activation in ACTIVATIONS:
            x = ACTIVATIONS[self.activation](x)
        return x


class Autoencoder(nn.Module):
    """Latents, or mean squared errors."""

    def __init__(self, net: network.Network, mode: str, channels_last: bool) -> None:
        super().__init__()
        order = list if channels_last else network.channels_first
        self.encoder = nn.Sequential(*(Step(layer, channels_last) for layer in order(net.encoder)))
        self.decoder = None
        if mode == "reconstruct":
            self.decoder = nn.Sequential(*(Step(layer, channels_last) for layer in order(net.decoder)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Computes a batch."""
        z = self.encoder(x)
        if self.decoder is None:
            return z
        return (self.decoder(z) - x).square().flatten(1).mean(1)


class Engine:
    """Runs networks on a fixed number of threads."""

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)

    def variants(self, net: network.Network) -> list[str]:
        """Returns the settings worth trying; compiling takes a C++ compiler, and never helped dense layers."""
        if not net.planar:
            return ["eager", "frozen"]
        return ["eager, channels last", "frozen", *(["compiled"] if shutil.which("g++") else [])]

    def prepare(
        self, net: network.Network, mode: str, batches: np.ndarray, variant: str
    ) -> tuple[list[torch.Tensor], Callable[[torch.Tensor], np.ndarray]]:
        """Returns the batches as the engine likes them, and the function to call on each."""
        channels_last = variant.endswith("channels last")
        inputs = [torch.from_numpy(batch) for batch in batches]
        if not net.planar:
            inputs = [x.flatten(1) for x in inputs]
        else:
            layout = torch.channels_last if channels_last else torch.contiguous_format
            inputs = [x.permute(0, 3, 1, 2).contiguous(memory_format=layout) for x in inputs]
        module = Autoencoder(net, mode, channels_last).eval()
        if variant.startswith("frozen"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, inputs[0])))
        elif variant.startswith("compiled"):
            torch._inductor.config.freezing = True
            module = torch.compile(module, dynamic=False)

        def compute(x: torch.Tensor) -> np.ndarray:
            with torch.inference_mode():
                return module(x).numpy()

        return inputs, compute
