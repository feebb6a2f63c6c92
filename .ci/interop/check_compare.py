"""What compare measures is what NumPy, SciPy, scikit-learn and Pillow measure."""

import argparse
import gzip
import io
import json
import math
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from PIL import Image
from scipy.fft import dctn, idctn
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score, roc_curve

LIMIT = 700
LINEAR = {"family": "dense", "input": {"height": 28, "width": 28}, "latent": 6, "activations": {"hidden": "linear", "output": "linear"}}


def near(what, got, want, tolerance=1e-6):
    got, want = np.asarray(got, float), np.asarray(want, float)
    if got.shape != want.shape or not np.all(np.abs(got - want) <= tolerance * (1e-12 + np.abs(want))):
        raise SystemExit(f"{what}: {got} is not {want}")


def tensors(file):
    """The arrays of a safetensors file."""
    data = file.read_bytes()
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + size])
    return {
        name: np.frombuffer(data[8 + size :][slice(*of["data_offsets"])], "<f4").reshape(of["shape"]).astype(float)
        for name, of in head.items()
        if name != "__metadata__"
    }


def half(model, name):
    """Kernel and bias of the only layer of a half."""
    arrays = tensors(model / f"{name}.safetensors")
    return next(a for n, a in arrays.items() if n.endswith("kernel")), next(a for n, a in arrays.items() if n.endswith("bias"))


def rounded(x, low, high):
    """x in 256 steps of its range."""
    span = np.where(high > low, high - low, 1)
    return low + np.round((x - low) / span * 255) / 255 * (high - low)


def check_roc(run, models, labels, errors):
    roc = pd.read_csv(run / "roc.csv")
    for _, row in models.iterrows():
        mse, of = errors[row.model], roc[roc.model == row.model]
        near(f"AUROC of {row.model}", row.auroc, roc_auc_score(labels, mse), 1e-12)
        fpr, tpr, at = roc_curve(labels, mse, drop_intermediate=False)
        points = {(round(f, 12), round(t, 12)) for f, t in zip(fpr, tpr)}
        if not all((round(f, 12), round(t, 12)) in points for f, t in zip(of.false_positive_rate, of.true_positive_rate)):
            raise SystemExit(f"a point of the ROC of {row.model} is none of scikit-learn's")
        gone = np.interp(fpr, of.false_positive_rate, of.true_positive_rate)  # of one rate, any of its points
        inner = np.r_[False, np.diff(fpr) > 0] & np.r_[np.diff(fpr) > 0, False]
        near(f"the ROC of {row.model}", gone[inner], tpr[inner], 1e-9)
        # DeLong, DeLong & Clarke-Pearson, by all pairs.
        a, b = mse[labels], mse[~labels]
        pairs = (a[:, None] > b) + 0.5 * (a[:, None] == b)
        se = math.sqrt(pairs.mean(1).var(ddof=1) / len(a) + pairs.mean(0).var(ddof=1) / len(b))
        near(f"the standard error of {row.model}", row.auroc_se, se, 1e-9)


def check_codes(run, model, z):
    codes = pd.read_csv(run / "codes.csv")
    codes = codes[codes.model == model]
    for column, want in (("mean", z.mean(0)), ("variance", z.var(0)), ("zeros", (z == 0).sum(0)), ("low", z.min(0)), ("high", z.max(0))):
        near(f"{column} of the codes of {model}", codes[column], want, 1e-6 if column != "mean" else 1e-4)
    r = pd.read_csv(run / "correlation.csv")
    r = r[r.model == model]
    fixed = z.std(0) == 0
    with np.errstate(invalid="ignore"):
        want = np.corrcoef(z.T)[r.i, r.j]
    constant = fixed[r.i] | fixed[r.j]
    if list(r.r.isna()) != list(constant):
        raise SystemExit(f"the correlations of {model} are empty elsewhere than at constant dimensions")
    if not np.allclose(r.r[~constant], want[~constant], atol=1e-6):
        raise SystemExit(f"other correlations of {model} than NumPy's")
    return codes


def check_linear(run, model, name, x, rates, codes):
    """Every number of first components: the decoder is a matrix."""
    (a, b), (c, d) = half(model, "encoder"), half(model, "decoder")
    z = rounded((x @ a + b).astype(np.float32).astype(float), codes.low.to_numpy(), codes.high.to_numpy())
    of = rates[(rates.method == "pca") & (rates.model == name)]
    for _, row in of.iterrows():
        first = np.where(np.arange(z.shape[1]) < row.parameter, z, 0)
        e = first @ c + d - x
        near(f"{row.parameter} components of {name}", [row.mse, row.mae, row.bits_per_pixel], [(e**2).mean(), np.abs(e).mean(), 8 * row.parameter / x.shape[1]], 1e-4)
    return len(of)


def check_dct(x, rates):
    y = dctn(x.reshape(-1, 28, 28), axes=(1, 2), norm="ortho").reshape(len(x), -1)
    q = rounded(y, y.min(0), y.max(0))
    order = np.argsort(-np.abs(y), axis=1, kind="stable")
    for _, row in rates[rates.method == "dct"].iterrows():
        kept = np.zeros_like(y)
        at = order[:, : row.parameter]
        np.put_along_axis(kept, at, np.take_along_axis(q, at, 1), 1)
        e = idctn(kept.reshape(-1, 28, 28), axes=(1, 2), norm="ortho").reshape(x.shape) - x
        n, k = y.shape[1], row.parameter
        near(f"{k} coefficients", [row.mse, row.mae, row.bits_per_pixel], [(e**2).mean(), np.abs(e).mean(), 8 * k / n], 1e-5)
        with_positions = rates[(rates.method == "dct_positions") & (rates.parameter == k)].iloc[0]
        near(f"positions of {k}", with_positions.bits_per_pixel, (8 * k + math.log2(math.comb(n, k))) / n, 1e-9)
        near(f"errors with positions of {k}", with_positions.mse, row.mse, 0)


def check_jpeg(pixels, rates):
    """Pillow's encoder has the same tables and the same transform, and decodes by its own arithmetic."""
    for _, row in rates[rates.method == "jpeg"].iterrows():
        bits, mse, mae = 0, [], []
        for im in pixels:
            file = io.BytesIO()
            Image.fromarray(im).save(file, "JPEG", quality=int(row.parameter))
            data = file.getvalue()
            scan = data.rindex(b"\xff\xda")
            bits += 8 * (len(data) - 2 - scan - 2 - int.from_bytes(data[scan + 2 : scan + 4], "big"))
            d = (np.asarray(Image.open(io.BytesIO(data)), float) - im) / 255
            mse.append((d**2).mean())
            mae.append(np.abs(d).mean())
        near(f"bits of quality {row.parameter}", row.bits_per_pixel, bits / pixels.size, 2e-3)
        near(f"errors of quality {row.parameter}", [row.mse, row.mae], [np.mean(mse), np.mean(mae)], 2e-2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the program exemplar")
    parser.add_argument("--shards", type=pathlib.Path, required=True, help="shards of the MNIST test digits")
    parser.add_argument("--model", type=pathlib.Path, required=True, help="another model of such images")
    parser.add_argument("--mnist", type=pathlib.Path, required=True)
    args = parser.parse_args()
    pixels = np.frombuffer(gzip.open(args.mnist / "t10k-images-idx3-ubyte.gz").read(), np.uint8, offset=16).reshape(-1, 28, 28)
    digits = np.frombuffer(gzip.open(args.mnist / "t10k-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    with tempfile.TemporaryDirectory() as scratch:
        at = pathlib.Path(scratch)
        run = lambda *flags: subprocess.run([args.bin / "exemplar", *flags], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (at / "arch.json").write_text(json.dumps(LINEAR))
        run("train", f"--input={args.shards}", "--arch=linear", "--latent=12", f"--output={at}/pca")
        run("train", f"--input={args.shards}", f"--arch={at}/arch.json", "--lr=0.003", "--epochs=2", f"--output={at}/gradient")
        names = [f"{at}/pca", f"{at}/gradient", str(args.model)]
        run("compare", f"--input={args.shards}", "--models=" + ",".join(names), "--anomalies=label=8", f"--limit={LIMIT}", f"--output={at}/compared")
        compared = at / "compared"
        models, rates = pd.read_csv(compared / "models.csv"), pd.read_csv(compared / "rate.csv")
        table = pq.read_table(compared / "errors.parquet").to_pandas()
        ids = table[table.model == names[0]].image_id
        rows = [int(i.rsplit("/", 1)[1]) for i in ids]
        if len(rows) != LIMIT or list(models.model) != names or list(table[table.model == names[0]].label.astype(int)) != list(digits[rows]):
            raise SystemExit("other images, models or labels")
        x = (pixels[rows].astype(np.float32) / np.float32(255)).reshape(LIMIT, -1).astype(float)
        errors = {n: table[table.model == n].mse.to_numpy() for n in names}
        components = 0
        for i, name in enumerate(names):
            run("encode", f"--input={args.shards}", f"--model={name}", "--reconstruct", f"--output={at}/latents{i}")
            latents = pq.read_table(sorted((at / f"latents{i}").glob("*.parquet"))).to_pandas().set_index("image_id").loc[list(ids)]
            if not np.array_equal(latents.mse.to_numpy(), errors[name]):
                raise SystemExit(f"other errors of {name} than encode's")
            codes = check_codes(compared, name, np.stack(latents.embedding).astype(float))
            of, row = table[table.model == name], models.iloc[i]
            near(f"means of {name}", row[["mse", "mae", "mse_8bit", "mae_8bit"]].astype(float), of[["mse", "mae", "mse_8bit", "mae_8bit"]].astype(float).mean(), 1e-6)
            near(f"what {name} misses", row.missed, row.mse / x.var(0).mean(), 1e-6)
            near(f"PSNR of {name}", row.psnr, -10 * math.log10(row.mse), 1e-9)
            if name == names[0]:
                components = check_linear(compared, at / "pca", name, x, rates, codes)
        pca = PCA(12).fit(pixels.reshape(-1, 784) / 255)
        near("principal components", models.mse[0], ((pca.inverse_transform(pca.transform(x)) - x) ** 2).mean(), 2e-3)
        check_roc(compared, models, digits[rows] == 8, errors)
        check_dct(x, rates)
        check_jpeg(pixels[rows], rates)
        (a, _), (b, _) = half(at / "pca", "decoder"), half(at / "gradient", "decoder")
        angles = pd.read_csv(compared / "subspace.csv").degrees
        near("angles", np.sort(angles)[::-1], np.degrees(subspace_angles(a.T, b.T)), 1e-6)
        for k, row in ((a, models.iloc[0]), (b, models.iloc[1])):
            unit = k / np.linalg.norm(k, axis=1, keepdims=True)
            if abs(np.abs(unit @ unit.T - np.eye(len(k))).max() - row.column_cosine) > 1e-9:
                raise SystemExit(f"the columns of {row.model} have another cosine")
    print(
        f"compare: {len(names)} models on {LIMIT} digits: errors, codes, {components} numbers of components, DCT by SciPy, JPEG by Pillow, "
        f"{len(angles)} angles by SciPy, ROC by scikit-learn"
    )


if __name__ == "__main__":
    main()
