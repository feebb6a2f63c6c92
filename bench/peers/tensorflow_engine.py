"""TensorFlow: one tf.function over a fixed batch in NHWC, weights as constants of the graph, oneDNN on."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from . import network

VERSION = f"TensorFlow {tf.__version__}"
ACTIVATIONS = {"relu": tf.nn.relu, "sigmoid": tf.nn.sigmoid, "tanh": tf.nn.tanh}


def apply(x: tf.Tensor, layers: list[network.Layer]) -> tf.Tensor:
    """Applies the layers. Arrays become constants of the graph, which oneDNN packs once; variables stay."""
    for layer in layers:
        match layer.kind:
            case "conv":
                x = tf.nn.conv2d(x, tf.convert_to_tensor(layer.kernel), 1, "SAME")
                x = tf.nn.bias_add(x, tf.convert_to_tensor(layer.bias))
            case "convt":
                shape = [x.shape[0], *layer.outputs]
                x = tf.nn.conv2d_transpose(x, tf.convert_to_tensor(layer.kernel), shape, 2, "SAME")
                x = tf.nn.bias_add(x, tf.convert_to_tensor(layer.bias))
            case "pool":
                x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
            case "dense":
                x = tf.reshape(x, [x.shape[0], -1])
                x = tf.nn.bias_add(tf.matmul(x, tf.convert_to_tensor(layer.kernel)), tf.convert_to_tensor(layer.bias))
            case "reshape":
                x = tf.reshape(x, [x.shape[0], *layer.outputs])
        if layer.activation in ACTIVATIONS:
            x = ACTIVATIONS[layer.activation](x)
    return x


class Engine:
    """Runs networks on a fixed number of threads."""

    def __init__(self, threads: int) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(len(os.sched_getaffinity(0)))
        tf.config.set_visible_devices([], "GPU")

    def variants(self, net: network.Network) -> list[str]:
        """Returns the settings worth trying."""
        del net
        return [""]

    def prepare(
        self, net: network.Network, mode: str, batches: np.ndarray, variant: str
    ) -> tuple[list[tf.Tensor], Callable[[tf.Tensor], np.ndarray]]:
        """Returns the batches as the engine likes them, and the function to call on each."""
        del variant
        if not net.planar:
            batches = batches.reshape(*batches.shape[:2], -1)
        inputs = [tf.constant(batch) for batch in batches]

        @tf.function(autograph=False)
        def compute(x: tf.Tensor) -> tf.Tensor:
            z = apply(x, net.encoder)
            if mode == "encode":
                return z
            y = apply(z, net.decoder)
            return tf.reduce_mean(tf.square(y - x), axis=range(1, x.shape.rank))

        concrete = compute.get_concrete_function(tf.TensorSpec(inputs[0].shape, tf.float32))
        return inputs, lambda x: concrete(x).numpy()
