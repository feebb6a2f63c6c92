"""TensorFlow as a trainer: one tf.function a step of Adam, in NHWC, oneDNN on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from . import network, tensorflow_engine

VERSION = tensorflow_engine.VERSION


class Engine(tensorflow_engine.Engine):
    """Trains networks on a fixed number of threads."""

    def prepare(
        self, net: network.Network, mode: str, batches: np.ndarray, variant: str
    ) -> tuple[list[tf.Tensor], Callable[[tf.Tensor], np.ndarray]]:
        """Returns the batches, and the function that does a step on one and returns the loss before it."""
        del mode, variant
        if not net.planar:
            batches = batches.reshape(*batches.shape[:2], -1)
        inputs = [tf.constant(batch) for batch in batches]
        encoder, decoder = ([variable(layer) for layer in layers] for layers in (net.encoder, net.decoder))
        weights = [w for layer in encoder + decoder if layer.kernel is not None for w in (layer.kernel, layer.bias)]
        adam = Adam(weights)

        @tf.function(autograph=False)
        def step(x: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                y = tensorflow_engine.apply(tensorflow_engine.apply(x, encoder), decoder)
                loss = tf.reduce_mean(tf.square(y - x))
            adam.apply(tape.gradient(loss, weights))
            return loss

        concrete = step.get_concrete_function(tf.TensorSpec(inputs[0].shape, tf.float32))
        return inputs, lambda x: concrete(x).numpy().reshape(1)


def variable(layer: network.Layer) -> network.Layer:
    """Returns the layer with weights that can be trained."""
    if layer.kernel is None:
        return layer
    return dataclasses.replace(layer, kernel=tf.Variable(layer.kernel), bias=tf.Variable(layer.bias))


class Adam:
    """Adam as one fused operation a weight, which takes less time than Keras's optimizer."""

    def __init__(self, weights: list[tf.Variable]) -> None:
        self.weights = weights
        self.moments = [(tf.Variable(tf.zeros_like(w)), tf.Variable(tf.zeros_like(w))) for w in weights]
        self.powers = tf.Variable(network.BETAS[0]), tf.Variable(network.BETAS[1])

    def apply(self, gradients: list[tf.Tensor]) -> None:
        """Does a step."""
        beta1, beta2 = network.BETAS
        power1, power2 = self.powers[0].read_value(), self.powers[1].read_value()
        for w, (m, v), gradient in zip(self.weights, self.moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=w.handle, m=m.handle, v=v.handle, beta1_power=power1, beta2_power=power2,
                lr=network.RATE, beta1=beta1, beta2=beta2, epsilon=network.EPSILON, grad=gradient,
            )  # fmt: skip
        self.powers[0].assign(power1 * beta1)
        self.powers[1].assign(power2 * beta2)
