"""Trains an autoencoder of Exemplar with PyTorch, on a GPU where there is one.

    python train_pytorch.py --shards=shards --arch=ae1m --output=weights

Shards are read as `exemplar train` reads them, the same images are held out, and architecture, first
weights, loss and optimizer are the same; `exemplar import` takes what it writes. Needs PyTorch and NumPy.
"""

import os
import pathlib
import time

from refusal import refuse

try:
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional
except ModuleNotFoundError as missing:
    refuse(f"the package {missing.name} is not installed in this Python: see Needs at the head of this file, or docs/training-elsewhere.md")

import architecture
import run
import shards

BETAS, EPSILON = (0.9, 0.999), 1e-7  # of Adam, Keras' defaults
ACTIVATIONS = {"linear": lambda x: x, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


class Half(nn.Module):
    """An encoder or a decoder. Planes are [N, channels, height, width], in the memory of the other order."""

    def __init__(self, layers: list[architecture.Layer], heads: int = 1) -> None:
        super().__init__()
        self.layers, self.heads, self.weighted = layers, heads, nn.ModuleDict()
        for layer in layers:
            before, after = layer.before[2], layer.after[2]
            if layer.kind == "conv":
                self.weighted[layer.name] = nn.Conv2d(before, after, 3, padding=1)
            elif layer.kind == "convt":
                self.weighted[layer.name] = nn.ConvTranspose2d(before, after, 3, stride=2)
            elif layer.kind == "dense":
                units = after * (heads if layer is layers[-1] else 1)
                self.weighted[layer.name] = nn.Linear(layer.before[0] * layer.before[1] * before, units)
        for module in self.weighted.values():
            nn.init.zeros_(module.bias)
            nn.init.xavier_uniform_(module.weight)
        if heads > 1:  # each head by itself
            for rows in self.weighted[layers[-1].name].weight.data.chunk(heads):
                nn.init.xavier_uniform_(rows)

    def forward(self, x: torch.Tensor, last: str = "") -> torch.Tensor:
        """Computes the layers; last is the activation of the last one with weights, where it is another."""
        names = list(self.weighted)
        for layer in self.layers:
            height, width, channels = layer.after
            if layer.kind == "pool":
                x = functional.avg_pool2d(x, 2)  # an odd last row or column is dropped
                continue
            if layer.kind == "reshape":
                x = x.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
                continue
            if layer.kind == "crop":
                x = x[:, :, :height, :width]
                continue
            if layer.kind == "dense" and x.dim() == 4:  # in (row, column, channel) order
                x = x.permute(0, 2, 3, 1).flatten(1)
            x = self.weighted[layer.name](x)
            if layer.kind == "convt":  # out[2i+k] += in[i] * w[k]: the first 2n of 2n+1 are "same"
                x = x[:, :, :height, :width]
            x = ACTIVATIONS[last if last and layer.name == names[-1] else layer.activation](x)
        return x

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns kernels and biases in Keras' order, as import takes them; of several heads the first."""
        out = {}
        for name, module in self.weighted.items():
            w, b = module.weight.detach(), module.bias.detach()
            if self.heads > 1 and name == self.layers[-1].name:
                w, b = w.chunk(self.heads)[0], b.chunk(self.heads)[0]
            w = w.T if w.dim() == 2 else w.permute(2, 3, 1, 0)
            out[name + ".kernel"], out[name + ".bias"] = (a.contiguous().float().cpu().numpy() for a in (w, b))
        return out


class Autoencoder(nn.Module):
    """Both halves, and their loss."""

    def __init__(self, arch: dict, args) -> None:
        super().__init__()
        self.encoder = Half(architecture.encoder(arch), 2 if args.variational else 1)
        self.decoder = Half(architecture.decoder(arch))
        size = arch["input"]
        self.scale, self.span = size["scale"], architecture.SPANS[size["scale"]]
        self.largest = architecture.full_scale(arch)
        self.factor = args.beta / (size["height"] * size["width"] * size["channels"])
        self.loss, self.variational = args.loss, args.variational

    def scaled(self, pixels: torch.Tensor) -> torch.Tensor:
        """Returns raw pixels [N, height, width, channels] as what the encoder takes."""
        x = pixels.permute(0, 3, 1, 2).float()
        if self.scale == "byte":
            return x / (self.largest / 255)
        x = x / self.largest
        return x * 2 - 1 if self.scale == "symmetric" else x

    def code(self, x: torch.Tensor) -> torch.Tensor:
        """Returns latent vectors, of a variational autoencoder the means."""
        z = self.encoder(x)
        return z.chunk(2, 1)[0] if self.variational else z

    def losses(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Returns the loss, the mean squared error of pixels in [0,1], and the divergence of a variational autoencoder."""
        z, kl = self.encoder(x), torch.zeros((), device=x.device)
        if self.variational:
            z, log_variance = z.float().chunk(2, 1)
            kl = ((z**2 + log_variance.exp() - 1 - log_variance) / 2).sum(1).mean()
            if self.training:
                z = z + (log_variance / 2).exp() * torch.randn_like(z)
        y = self.decoder(z, "linear" if self.loss == "bce" else "").float()
        if self.loss == "bce":
            loss, y = functional.binary_cross_entropy_with_logits(y, x), torch.sigmoid(y)
        else:
            loss = functional.mse_loss(y, x) if self.loss == "mse" else functional.l1_loss(y, x)
        return loss + self.factor * kl, functional.mse_loss(y.detach(), x) / self.span**2, kl


def device_of(name: str) -> torch.device:
    """Returns the device of a name; auto takes a GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError) as e:
        refuse(f"--device={name}: {str(e).splitlines()[0]}")


class Trainer:
    """What makes the steps of a run."""

    def __init__(self, r: run.Run) -> None:
        self.run, self.args, self.device = r, r.args, device_of(r.args.device)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = self.args.precision == "tf32"
        torch.manual_seed(self.args.seed % (1 << 63))
        self.model = Autoencoder(r.arch, self.args).to(self.device).to(memory_format=torch.channels_last)
        self.adam = torch.optim.Adam(self.model.parameters(), self.args.lr, BETAS, fused=self.device.type == "cuda")
        self.steps = len(r.rows) * r.steps
        if self.args.resume:
            try:
                saved = torch.load(r.checkpoint(), map_location=self.device, weights_only=True)
                self.model.load_state_dict(saved["model"])
                self.adam.load_state_dict(saved["adam"])
            except Exception as e:
                refuse(f"{r.checkpoint()}: is damaged ({str(e).splitlines()[0]}): train anew in another folder")

    def batches(self, part: int, epoch: int = -1):
        for pixels in self.run.images.batches(part, self.args.batch, epoch):
            wide = pixels if pixels.dtype == np.uint8 else pixels.astype(np.int32)
            yield self.model.scaled(torch.from_numpy(np.ascontiguousarray(wide)).to(self.device))

    def step(self, x: torch.Tensor, rate: float) -> tuple[torch.Tensor, ...]:
        """Makes a step of Adam, and returns the losses before it."""
        self.steps += 1
        self.adam.zero_grad()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.args.precision == "bfloat16"):
            losses = self.model.losses(x)
        losses[0].backward()
        # Keras and exemplar add epsilon to the root of the moment before its correction.
        self.adam.param_groups[0] |= {"lr": rate, "eps": EPSILON / (1 - BETAS[1] ** self.steps) ** 0.5}
        self.adam.step()
        return tuple(l.detach() for l in losses)

    def epoch(self) -> None:
        began, number = time.monotonic(), len(self.run.rows)
        torch.manual_seed((self.args.seed + 1_000_003 * (number + 1)) % (1 << 63))
        self.model.train()
        sums = Means()
        for i, x in enumerate(self.batches(shards.TRAIN, number)):
            sums.add(len(x), self.step(x, self.run.rate(i)))
        losses = dict(zip(("loss", "mse", "kl"), sums.means()))
        if self.run.held:
            self.model.eval()
            sums = Means()
            with torch.no_grad():
                for x in self.batches(shards.HELD):
                    sums.add(len(x), self.model.losses(x))
            losses |= dict(zip(("val_loss", "val_mse", "val_kl"), sums.means()))
        if not self.args.variational:
            losses = {k: v for k, v in losses.items() if not k.endswith("kl")}
        self.run.epoch(began, losses, self.write_best, self.save)

    def write_best(self) -> None:
        """Writes the weights as import takes them, and latents to compare with."""
        for half in ("encoder", "decoder"):
            temporary = self.run.dir / f".{half}.npz"
            np.savez(temporary, **getattr(self.model, half).arrays())
            os.replace(temporary, self.run.dir / f"{half}.npz")
        pixels = self.run.images.sample
        with torch.no_grad():
            x = self.model.scaled(torch.from_numpy(pixels.astype(np.int32)).to(self.device))
            z = self.model.code(x)
            z, y, x = (t.cpu().numpy() for t in (z, self.model.decoder(z), x))
        self.run.write_check(z, y, x)

    def save(self, path: pathlib.Path) -> None:
        temporary = path.with_name("." + path.name)
        torch.save({"model": self.model.state_dict(), "adam": self.adam.state_dict()}, temporary)
        os.replace(temporary, path)


class Means:
    """Means over images of numbers that stay on the device until the end of an epoch."""

    def __init__(self) -> None:
        self.counts, self.values = [], []

    def add(self, images: int, values: tuple[torch.Tensor, ...]) -> None:
        self.counts.append(images)
        self.values.append(torch.stack(values))

    def means(self) -> list[float]:
        return np.average(torch.stack(self.values).cpu().double().numpy(), axis=0, weights=self.counts).tolist()


def main() -> None:
    parser = run.flags(__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto, a GPU where there is one)")
    parser.add_argument("--variational", action="store_true", help="a variational autoencoder; the latent vector is the mean")
    parser.add_argument("--beta", type=float, default=1, help="factor of the KL divergence, with --variational (default: 1)")
    args = parser.parse_args()
    if not 0 <= args.beta < 1e6 or args.beta != 1 and not args.variational:
        refuse(f"--beta={args.beta:g}: must be 0 or more, and has a meaning only with --variational")
    r = run.Run(args, "pt")
    if args.variational and r.arch["activations"]["latent"] != "linear":
        refuse("--variational: needs the latent activation linear")
    trainer = Trainer(r)
    name = torch.cuda.get_device_name(trainer.device) if trainer.device.type == "cuda" else trainer.device
    print(f"PyTorch {torch.__version__} on {name}, {args.precision}", flush=True)
    run.train(r, trainer.epoch)
    r.finish("encoder.npz", "decoder.npz", arch=True)


if __name__ == "__main__":
    run.guarded(main)
