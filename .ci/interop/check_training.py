"""Keras, trained on the same images with the same settings, ends in the same loss:
the validation loss of the last epoch differs by at most 3 %. First weights, the
order of images and the noise are drawn by each program for itself.

    MODEL/model.json         a dense stack, trained by pipelines/train with the
                             schedule constant: architecture and settings
    MODEL/training_log.csv   its losses

The images are files of the MNIST format. Of a variational model, KL is compared
too, in the mean over the epoch, to 10 %.
"""

import argparse
import csv
import gzip
import json
import pathlib

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from check import require

MAX_LOSS, MAX_KL = 0.03, 0.1


def images(path):
    with gzip.open(path) as f:
        return np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28 * 28).astype("f4") / 255


class Autoencoder:
    def __init__(self, arch, settings):
        self.loss, self.beta = settings["loss"], settings.get("beta", 0)
        self.variational = settings.get("variational", False)
        act, latent = arch["activations"], arch["latent"]
        hidden = [layers.Dense(n, act["hidden"]) for n in arch["widths"]]
        self.encoder = keras.Sequential([keras.Input((28 * 28,)), *hidden, layers.Identity()])
        self.mean = layers.Dense(latent, act["latent"])
        self.log_var = layers.Dense(latent)
        hidden = [layers.Dense(n, act["hidden"]) for n in reversed(arch["widths"])]
        self.decoder = keras.Sequential([keras.Input((latent,)), *hidden, layers.Dense(28 * 28, act["output"])])
        self.optimizer = keras.optimizers.Adam(settings["lr"])
        self.losses(np.zeros((1, 28 * 28), "f4"), False)  # makes the weights
        parts = [self.encoder, self.mean, self.decoder] + [self.log_var] * self.variational
        self.weights = [w for part in parts for w in part.trainable_variables]

    def losses(self, x, training):
        """The objective and the KL divergence, as package model/training says."""
        h = self.encoder(x)
        z, kl = self.mean(h), 0.0
        if self.variational:
            log_var = self.log_var(h)
            kl = ops.mean(ops.sum((z * z + ops.exp(log_var) - 1 - log_var) / 2, axis=1))
            if training:
                z += ops.exp(log_var / 2) * keras.random.normal(ops.shape(z))
        y = self.decoder(z)
        loss = ops.mean(ops.binary_crossentropy(x, y) if self.loss == "bce" else (x - y) ** 2)
        return loss + self.beta * kl / (28 * 28), kl

    @tf.function
    def step(self, x):
        with tf.GradientTape() as tape:
            loss, kl = self.losses(x, True)
        self.optimizer.apply_gradients(zip(tape.gradient(loss, self.weights), self.weights))
        return loss, kl

    def epoch(self, x, batch):
        """Returns the mean KL."""
        data = tf.data.Dataset.from_tensor_slices(x).shuffle(len(x)).batch(batch, drop_remainder=True)
        return np.mean([float(self.step(b)[1]) for b in data])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--train", type=pathlib.Path, required=True, help="train-images-idx3-ubyte.gz")
    parser.add_argument("--held", type=pathlib.Path, required=True, help="t10k-images-idx3-ubyte.gz")
    args = parser.parse_args()

    about = json.loads((args.model / "model.json").read_text())
    arch, settings = about["architecture"], about["training"]["parameters"]
    require(arch["family"] == "dense", f"family {arch['family']}: only dense stacks can be compared")
    require(arch["input"]["scale"] == "unit", f"pixels of scale {arch['input']['scale']}: only unit can be compared")
    unknown = set(settings) & {"noise", "l1", "dropout", "clip_norm", "limit", "validation", "stopped"}
    require(not unknown and settings["schedule"] == "constant", f"settings that this does not know: {unknown}")
    with open(args.model / "training_log.csv") as f:
        ours = list(csv.DictReader(f))[-1]

    keras.utils.set_random_seed(1)
    train, held = images(args.train), images(args.held)
    model = Autoencoder(arch, settings)
    for _ in range(settings["epochs"]):
        kl = model.epoch(train, settings["batch"])
    theirs = np.mean([float(model.losses(held[i : i + 1000], False)[0]) for i in range(0, len(held), 1000)])
    ratio = float(ours["val_loss"]) / theirs
    print(f"{arch.get('name', 'dense stack')}, {settings['loss']}, {settings['epochs']} epochs: validation loss "
          f"{float(ours['val_loss']):.6f}, Keras {theirs:.6f}, {100 * (ratio - 1):+.2f} %")
    # Written so that NaN fails.
    require(abs(ratio - 1) <= MAX_LOSS, f"losses differ by more than {100 * MAX_LOSS:g} %")
    if settings.get("variational"):
        ratio = float(ours["kl"]) / kl
        print(f"  KL of the last epoch {float(ours['kl']):.2f}, Keras {kl:.2f}, {100 * (ratio - 1):+.2f} %")
        require(abs(ratio - 1) <= MAX_KL, f"KL differs by more than {100 * MAX_KL:g} %")


if __name__ == "__main__":
    main()
