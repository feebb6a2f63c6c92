"""Writes the fixtures of package keras: three tiny autoencoders saved in every
format that the package imports, with latents computed by Keras.

    python generate.py        needs tensorflow-cpu (or another Keras 3 backend)

Each reconstruction comes from Keras too. expected.json maps a model to
{"pixels": n lists of uint8, "latents": n lists, "mse": n numbers}, errors of
pixels in [0,1].
"""

import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

HERE = os.path.dirname(os.path.abspath(__file__))


def conv_models():
    """Family conv: 8x12, filters 3, 4,
    two convolutions a stage, latent 5."""
    encoder = keras.Sequential(
        [keras.Input((8, 12, 1))]
        + [
            step
            for filters in (3, 4)
            for step in (
                layers.Conv2D(filters, 3, padding="same", activation="relu"),
                layers.Conv2D(filters, 3, padding="same"),
                layers.ReLU(),
                layers.AveragePooling2D(2),
            )
        ]
        + [layers.Flatten(), layers.Dense(5, name="z")],
        name="encoder",
    )
    x = inputs = keras.Input((5,))
    x = layers.Dense(2 * 3 * 4)(x)
    x = layers.Reshape((2, 3, 4))(x)
    for filters in (4, 3):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)
    return encoder, keras.Model(inputs, x, name="decoder")


def dense_models():
    """Family dense: 4x5 pixels, widths 7, 6, latent 2, tanh inside."""
    x = inputs = keras.Input((4, 5, 1))
    x = layers.Rescaling(1.0 / 255)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(7, activation="tanh")(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(6, activation="tanh")(x)
    x = layers.Dense(2)(x)
    encoder = keras.Model(inputs, x, name="encoder")
    decoder = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(6, activation="tanh"),
            layers.Dense(7, activation="tanh"),
            layers.Dense(20, activation="sigmoid"),
            layers.Reshape((4, 5, 1)),
        ],
        name="decoder",
    )
    return encoder, decoder


def symmetric_models():
    """Family conv: 4x6, filters 2, latent 3, pixels in [-1,1] on both sides."""
    encoder = keras.Sequential(
        [
            keras.Input((4, 6, 1)),
            layers.Rescaling(1.0 / 127.5, offset=-1),
            layers.Conv2D(2, 3, padding="same", activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(3),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(2 * 3 * 2),
            layers.Reshape((2, 3, 2)),
            layers.Conv2DTranspose(2, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(1, 3, padding="same", activation="tanh"),
        ],
        name="decoder",
    )
    return encoder, decoder


def save(name, encoder, decoder):
    for part, model in (("encoder", encoder), ("decoder", decoder)):
        base = os.path.join(HERE, f"{name}_{part}")
        model.save(base + ".keras")
        model.save_weights(base + ".weights.h5")
        model.save(base + ".h5")
        np.savez(base + ".npz", *model.get_weights())


def main():
    expected = {}
    rng = np.random.default_rng(1)
    for name, build, scaled in (("conv", conv_models, False), ("dense", dense_models, True), ("symmetric", symmetric_models, True)):
        keras.utils.set_random_seed(2)
        encoder, decoder = build()
        for model in (encoder, decoder):
            model.set_weights([w + rng.normal(0, 0.2, w.shape).astype("f4") for w in model.get_weights()])
        save(name, encoder, decoder)
        pixels = rng.integers(0, 256, (3, *encoder.input_shape[1:])).astype("u1")
        unit = pixels.astype("f4") / 255
        z = encoder(pixels.astype("f4") if scaled else unit).numpy()
        x = decoder(z).numpy()
        if name == "symmetric":
            x = (x + 1) / 2
        expected[name] = {
            "pixels": pixels.reshape(3, -1).tolist(),
            "latents": z.astype("f8").tolist(),
            "mse": ((x.astype("f8") - unit) ** 2).reshape(3, -1).mean(1).tolist(),
        }
    with open(os.path.join(HERE, "expected.json"), "w") as f:
        json.dump(expected, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
