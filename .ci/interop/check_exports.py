"""ONNX Runtime and Keras load what this project exported and give the latents
that it wrote itself, and the same reconstructions.

The raw pixels of the shards go into the exported encoders as they are. Latents
are compared relative to the largest coordinate of all images. The exported
decoders' reconstructions of the stored latents are compared with each other and,
by their mean squared errors, with this project's own.
"""

import argparse
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import onnx
import onnxruntime
import pyarrow.parquet as pq
import tensorflow as tf

from check import require

MAX_LATENT, MAX_PIXEL, MAX_MSE = 1e-5, 1e-5, 1e-6
BATCH, IMAGES = 64, 600


def read_latents(folder):
    """Returns the latents, the reconstruction errors and the ids of at most IMAGES
    images, evenly from all."""
    tables = [pq.read_table(f, columns=["image_id", "embedding", "mse"]) for f in sorted(folder.glob("latents-*.parquet"))]
    rows = [row for table in tables for row in table.to_pylist()]
    require(rows, f"{folder} holds no latents")
    rows = rows[:: -(-len(rows) // IMAGES)]
    z = np.array([row["embedding"] for row in rows], np.float32)
    return z, np.array([row["mse"] for row in rows]), [row["image_id"] for row in rows]


def read_images(folder, ids):
    """Returns the raw pixels of the images in the order of ids, [N, H, W, C]."""
    shape = json.loads((folder / "shards.json").read_text())["image"]
    size = (shape["height"], shape["width"], shape["channels"])
    features = {name: tf.io.FixedLenFeature([], tf.string) for name in ("image_raw", "filename")}
    images, wanted = {}, set(ids)
    for path in sorted(folder.glob("*.tfrecords")):
        for record in tf.data.TFRecordDataset(str(path)):
            example = tf.io.parse_single_example(record, features)
            name = example["filename"].numpy().decode()
            if name in wanted:
                pixels = np.frombuffer(example["image_raw"].numpy(), f"<u{shape['bits'] // 8}")
                images[name] = pixels.reshape(size)
    return np.stack([images[i] for i in ids])


def with_onnx(folder, name):
    """Returns the function that an ONNX file computes: its outputs, by batches."""
    path = folder / f"{name}.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (source,) = [i.name for i in session.get_inputs()]
    require(session.get_inputs()[0].shape[0] == "N", f"{path}: the batch is not dynamic")

    def run(x):
        parts = [session.run(None, {source: x[i : i + BATCH]}) for i in range(0, len(x), BATCH)]
        return [np.concatenate(output) for output in zip(*parts)]

    return run


def with_keras(folder, name):
    """Returns the model in a .keras file, after a look at its .weights.h5."""
    model = keras.saving.load_model(folder / f"{name}.keras")
    again = keras.models.clone_model(model)  # new random weights
    again.load_weights(folder / f"{name}.weights.h5")
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        require(a.tobytes() == b.tobytes(), f"{name}.weights.h5: other weights than in {name}.keras")
    return model


def check_npz(folder, name, model):
    """The arrays are the weights of the Keras model's layers, in their order."""
    arrays = np.load(folder / f"{name}.npz")
    layers = {key.rsplit(".", 1)[0]: [] for key in arrays.files}
    for key in arrays.files:
        layers[key.rsplit(".", 1)[0]].append(arrays[key])
    order = [layer.name for layer in model.layers if layer.name in layers]
    require(order == list(layers), f"{name}.npz: layers {list(layers)}, Keras has {order}")
    for layer, values in layers.items():
        for a, b in zip(model.get_layer(layer).get_weights(), values, strict=True):
            require(a.shape == b.shape and a.tobytes() == b.tobytes(), f"{name}.npz: {layer} differs")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=pathlib.Path, required=True)
    parser.add_argument("--latents", type=pathlib.Path, required=True, help="with --reconstruct")
    parser.add_argument("--exports", type=pathlib.Path, required=True, help="folder with onnx, keras and npz")
    args = parser.parse_args()

    want, mse, ids = read_latents(args.latents)
    images = read_images(args.shards, ids)
    full = json.loads((args.latents / "_latents.json").read_text())["spec"].get("model_full_scale")
    unit = images / np.float64(full or np.iinfo(images.dtype).max)
    manifest = json.loads((args.exports / "onnx" / "export.json").read_text())
    keras_encoder, keras_decoder = (with_keras(args.exports / "keras", name) for name in ("encoder", "decoder"))
    check_npz(args.exports / "npz", "encoder", keras_encoder)
    check_npz(args.exports / "npz", "decoder", keras_decoder)
    (onnx_latents,) = with_onnx(args.exports / "onnx", "encoder")(images)
    (onnx_pixels,) = with_onnx(args.exports / "onnx", "decoder")(want)
    both = with_onnx(args.exports / "onnx", "autoencoder")(images)

    latents = {
        "ONNX Runtime": onnx_latents,
        "ONNX Runtime, autoencoder": both[0],
        "Keras": keras_encoder.predict(images, batch_size=BATCH, verbose=0),
    }
    pixels = {
        "ONNX Runtime": onnx_pixels,
        "ONNX Runtime, autoencoder": both[1],
        "Keras": keras_decoder.predict(want, batch_size=BATCH, verbose=0),
    }
    # The comparisons are written so that NaN fails.
    largest = {}
    for program, got in latents.items():
        require(got.shape == want.shape and got.dtype == np.float32, f"{program}: latents {got.dtype} {got.shape}")
        largest[program] = np.abs(got - want).max() / np.abs(want).max()
        require(largest[program] <= MAX_LATENT, f"{program}: latents differ by {largest[program]:.3g} of the largest")
    for program, got in pixels.items():
        require(got.shape == images.shape and got.dtype == np.float32, f"{program}: pixels {got.dtype} {got.shape}")
        error = np.abs(got - onnx_pixels).max()
        require(error <= MAX_PIXEL, f"{program}: pixels differ from ONNX Runtime's by {error:.3g}")
        error = np.abs(((got - unit) ** 2).reshape(len(unit), -1).mean(1) - mse).max()
        require(error <= MAX_MSE, f"{program}: mean squared errors differ by {error:.3g}")
    print(
        f"{len(ids)} images, model {manifest['model_sha256'][:12]}: max |dz| relative to max |z| is "
        f"{largest['ONNX Runtime']:.2g} (onnxruntime {onnxruntime.__version__}), {largest['Keras']:.2g} (keras {keras.__version__})"
    )


if __name__ == "__main__":
    main()
