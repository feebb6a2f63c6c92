"""ONNX Runtime: one graph in NCHW, all its optimizations on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from . import network

VERSION = f"ONNX Runtime {onnxruntime.__version__}"
OPERATORS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}


class Graph:
    """An ONNX graph under construction: each call adds a node and returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        """Adds an array."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Adds an operation."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def layers(self, x: str, layers: list[network.Layer], batch: int) -> str:
        """Adds the layers after x."""
        for layer in layers:
            height, width, channels = layer.outputs
            match layer.kind:
                case "conv":
                    kernel = self.constant(layer.kernel.transpose(3, 2, 0, 1))
                    x = self.node("Conv", x, kernel, self.constant(layer.bias), pads=[1, 1, 1, 1])
                case "convt":
                    kernel = self.constant(layer.kernel.transpose(3, 2, 0, 1))
                    x = self.node("ConvTranspose", x, kernel, self.constant(layer.bias), strides=[2, 2], pads=[0, 0, 1, 1])
                case "pool":
                    x = self.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
                case "dense":
                    if layer.inputs[:2] != (1, 1) and layer is not layers[0]:
                        x = self.node("Flatten", x)
                    x = self.node("Gemm", x, self.constant(layer.kernel), self.constant(layer.bias))
                case "reshape":
                    x = self.node("Reshape", x, self.constant(np.array([batch, channels, height, width])))
            if layer.activation in OPERATORS:
                x = self.node(OPERATORS[layer.activation], x)
        return x


def build(net: network.Network, mode: str, batch: int) -> bytes:
    """Returns the serialized model: results are latents, or mean squared errors."""
    graph = Graph()
    height, width, channels = net.image
    shape = [batch, channels, height, width] if net.planar else [batch, height * width * channels]
    result = graph.layers("images", network.channels_first(net.encoder), batch)
    if mode == "reconstruct":
        images = graph.layers(result, network.channels_first(net.decoder), batch)
        difference = graph.node("Sub", images, "images")
        axes = graph.constant(np.arange(1, len(shape)))
        result = graph.node("ReduceMean", graph.node("Mul", difference, difference), axes, keepdims=0)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "network",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(result, TensorProto.FLOAT, None)],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    return model.SerializeToString()


class Engine:
    """Runs networks on a fixed number of threads."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def variants(self, net: network.Network) -> list[str]:
        """Returns the settings worth trying."""
        del net
        return [""]

    def prepare(
        self, net: network.Network, mode: str, batches: np.ndarray, variant: str
    ) -> tuple[list[np.ndarray], Callable[[np.ndarray], np.ndarray]]:
        """Returns the batches as the engine likes them, and the function to call on each."""
        del variant
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        model = build(net, mode, batches.shape[1])
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        if net.planar:
            inputs = [np.ascontiguousarray(batch.transpose(0, 3, 1, 2)) for batch in batches]
        else:
            inputs = [batch.reshape(len(batch), -1) for batch in batches]
        return inputs, lambda x: session.run(None, {"images": x})[0]
