"""PyTorch as a trainer: eager or compiled forward and backward passes in NHWC, fused Adam."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from . import network, pytorch_engine

VERSION = pytorch_engine.VERSION


class Reconstruction(nn.Module):
    """The loss of a batch."""

    def __init__(self, net: network.Network) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(pytorch_engine.Step(layer, True) for layer in net.encoder + net.decoder))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Computes the mean squared error."""
        return functional.mse_loss(self.layers(x), x)


class Engine:
    """Trains networks on a fixed number of threads."""

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)

    def variants(self, net: network.Network) -> list[str]:
        """Returns the settings worth trying; compiling takes a C++ compiler."""
        del net
        return ["eager", *(["compiled"] if shutil.which("g++") else [])]

    def prepare(
        self, net: network.Network, mode: str, batches: np.ndarray, variant: str
    ) -> tuple[list[torch.Tensor], Callable[[torch.Tensor], np.ndarray]]:
        """Returns the batches, and the function that does a step on one and returns the loss before it."""
        del mode
        inputs = [torch.from_numpy(batch) for batch in batches]
        if net.planar:
            inputs = [x.permute(0, 3, 1, 2) for x in inputs]
            inputs = [x.contiguous(memory_format=torch.channels_last) for x in inputs]
        else:
            inputs = [x.flatten(1) for x in inputs]
        module = Reconstruction(net)
        adam = torch.optim.Adam(module.parameters(), network.RATE, network.BETAS, fused=True)
        objective = torch.compile(module, dynamic=False) if variant == "compiled" else module
        steps = 0

        def step(x: torch.Tensor) -> np.ndarray:
            nonlocal steps
            steps += 1
            adam.zero_grad()
            loss = objective(x)
            loss.backward()
            # Keras and this project add epsilon to the root of the moment before its correction
            adam.param_groups[0]["eps"] = network.EPSILON / (1 - network.BETAS[1] ** steps) ** 0.5
            adam.step()
            return loss.detach().numpy().reshape(1)

        return inputs, step
