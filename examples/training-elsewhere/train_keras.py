"""Trains an autoencoder of Exemplar with Keras and TensorFlow, on a GPU where there is one.

    python train_keras.py --shards=shards --arch=ae1m --output=weights

Shards are read as `exemplar train` reads them, the same images are held out, and architecture, first
weights, loss and optimizer are the same; `exemplar import` takes what it writes. Needs TensorFlow and NumPy.
"""

import os
import pathlib
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from refusal import refuse

try:
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers
except ModuleNotFoundError as missing:
    refuse(f"the package {missing.name} is not installed in this Python: see Needs at the head of this file, or docs/training-elsewhere.md")

import architecture
import run
import shards


def layer_of(layer: architecture.Layer, activation: str) -> list[layers.Layer]:
    """Returns a layer in Keras' words; kernels start from Glorot's uniform distribution, biases from zero."""
    height, width, channels = layer.after
    match layer.kind:
        case "conv":
            return [layers.Conv2D(channels, 3, padding="same", activation=activation, name=layer.name)]
        case "convt":
            return [layers.Conv2DTranspose(channels, 3, strides=2, padding="same", activation=activation, name=layer.name)]
        case "dense":
            flat = [layers.Flatten()] if layer.before[:2] != (1, 1) else []
            return [*flat, layers.Dense(channels, activation=activation, name=layer.name)]
        case "pool":
            return [layers.AveragePooling2D(2)]
        case "reshape":
            return [layers.Reshape(layer.after)]
    return [layers.Cropping2D(((0, layer.before[0] - height), (0, layer.before[1] - width)))]


def half(steps: list[architecture.Layer], before: list[layers.Layer], shape: tuple[int, ...], last: str = "") -> keras.Sequential:
    """Returns an encoder or a decoder; last is the activation of the last layer with weights, where it is another."""
    final = [s.name for s in steps if s.name][-1]
    made = [m for s in steps for m in layer_of(s, last if last and s.name == final else s.activation)]
    return keras.Sequential([keras.Input(shape), *before, *made])


class Trainer:
    """What makes the steps of a run."""

    def __init__(self, r: run.Run) -> None:
        self.run, self.args = r, r.args
        keras.utils.set_random_seed(self.args.seed % (1 << 32))
        tf.config.experimental.enable_tensor_float_32_execution(self.args.precision == "tf32")
        if self.args.precision == "bfloat16":
            keras.mixed_precision.set_global_policy("mixed_bfloat16")
        self.model = self.autoencoder()
        self.adam = keras.optimizers.Adam(self.args.lr)  # 0.9, 0.999, 1e-7
        keras.mixed_precision.set_global_policy("float32")
        self.plain = self.autoencoder() if self.args.precision == "bfloat16" else self.model
        self.adam.build(self.model.trainable_variables)
        if self.args.resume:
            try:
                with np.load(r.checkpoint()) as saved:
                    for i, v in enumerate(self.variables()):
                        v.assign(saved[f"v{i}"])
            except Exception as e:
                refuse(f"{r.checkpoint()}: is damaged ({str(e).splitlines()[0]}): train anew in another folder")
        self.step, self.measure = tf.function(self._step, reduce_retracing=True), tf.function(self._measure, reduce_retracing=True)

    def autoencoder(self) -> keras.Sequential:
        """Returns both halves; with --loss=bce the output is what the sigmoid takes."""
        encoder, decoder = architecture.encoder(self.run.arch), architecture.decoder(self.run.arch)
        linear = "linear" if self.args.loss == "bce" else ""
        return keras.Sequential([half(encoder, [], encoder[0].before), half(decoder, [], decoder[0].before[2:], linear)])

    def variables(self) -> list:
        return self.model.trainable_variables + self.adam.variables

    def losses(self, model: keras.Sequential, x: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the loss, and the mean squared error of pixels in [0,1]."""
        y = tf.cast(model(x, training=training), tf.float32)
        if self.args.loss == "bce":
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(x, y))
            y = tf.sigmoid(y)
        else:
            loss = tf.reduce_mean(tf.square(y - x) if self.args.loss == "mse" else tf.abs(y - x))
        return loss, tf.reduce_mean(tf.square(y - x)) / self.run.span**2

    def _step(self, x: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
        """Makes a step of Adam, and returns the losses before it."""
        with tf.GradientTape() as tape:
            losses = self.losses(self.model, x, True)
        self.adam.learning_rate.assign(rate)
        self.adam.apply(tape.gradient(losses[0], self.model.trainable_variables), self.model.trainable_variables)
        return tf.stack(losses)

    def _measure(self, x: tf.Tensor) -> tf.Tensor:
        return tf.stack(self.losses(self.plain, x, False))

    def batches(self, part: int, epoch: int = -1):
        for pixels in self.run.images.batches(part, self.args.batch, epoch):
            yield tf.constant(shards.scaled(pixels, self.run.scale, self.run.full))

    def epoch(self) -> None:
        began, number = time.monotonic(), len(self.run.rows)
        found = [(len(x), self.step(x, tf.constant(self.run.rate(i), tf.float32))) for i, x in enumerate(self.batches(shards.TRAIN, number))]
        losses = dict(zip(("loss", "mse"), means(found)))
        if self.plain is not self.model:
            self.plain.set_weights(self.model.get_weights())
        if self.run.held:
            found = [(len(x), self.measure(x)) for x in self.batches(shards.HELD)]
            losses |= dict(zip(("val_loss", "val_mse"), means(found)))
        self.run.epoch(began, losses, self.write_best, self.save)

    def write_best(self) -> None:
        """Writes both halves as import takes them, and latents to compare with."""
        arch = self.run.arch
        by = self.run.full / self.run.span  # the encoder takes raw pixels, and so tells import their range
        symmetric = self.run.scale == "symmetric"
        into = [layers.Rescaling(1 / by, offset=-1.0 if symmetric else 0.0)]
        encoder = half(architecture.encoder(arch), into, architecture.encoder(arch)[0].before)
        decoder = half(architecture.decoder(arch), [], architecture.decoder(arch)[0].before[2:])
        for part, model, trained in (("encoder", encoder, self.plain.layers[0]), ("decoder", decoder, self.plain.layers[1])):
            model.set_weights(trained.get_weights())
            temporary = self.run.dir / f".{part}.keras"
            model.save(temporary)
            os.replace(temporary, self.run.dir / f"{part}.keras")
        z = encoder(tf.constant(self.run.images.sample.astype(np.float32)))
        self.run.write_check(z.numpy(), decoder(z).numpy(), shards.scaled(self.run.images.sample, self.run.scale, self.run.full))

    def save(self, path: pathlib.Path) -> None:
        temporary = path.with_name("." + path.name)
        np.savez(temporary, **{f"v{i}": v.numpy() for i, v in enumerate(self.variables())})
        os.replace(temporary, path)


def means(found: list[tuple[int, tf.Tensor]]) -> list[float]:
    """Returns means over images of what batches gave."""
    return np.average(tf.stack([v for _, v in found]).numpy().astype(np.float64), axis=0, weights=[n for n, _ in found]).tolist()


def choose(device: str) -> str:
    """Makes TensorFlow use a GPU, or none, and returns the name of what it uses."""
    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        refuse("--device=gpu: TensorFlow finds none: install tensorflow[and-cuda], or see its page on GPUs")
    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "gpu") if gpus and device != "cpu" else "cpu"


def main() -> None:
    parser = run.flags(__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto", help="default: auto, a GPU where there is one")
    args = parser.parse_args()
    name = choose(args.device)
    r = run.Run(args, "npz")
    trainer = Trainer(r)
    print(f"Keras {keras.__version__}, TensorFlow {tf.__version__} on {name}, {args.precision}", flush=True)
    run.train(r, trainer.epoch)
    r.finish("encoder.keras", "decoder.keras", arch=False)


if __name__ == "__main__":
    run.guarded(main)
