"""How near the generated sample comes to the study's crops: size, brightness, noise and
the spectrum of the texture, measured with NumPy from the files.

Usage: check_sample.py SAMPLE CROPS

Of the sample the nuclei in interphase are measured, as nearly all of the crops are. A
nucleus is what is brighter than Otsu's threshold of the pixels above zero; its half axes
are those of the ellipse with its second moments.
"""

import pathlib
import sys

import numpy as np
import tifffile


def otsu(values):
    """The threshold that divides values into two classes of the least variance."""
    share = np.bincount(values, minlength=256) / len(values)
    below, mean = np.cumsum(share), np.cumsum(share * np.arange(256))
    with np.errstate(all="ignore"):
        between = (mean[-1] * below - mean) ** 2 / (below * (1 - below))
    return np.nanargmax(between)


def smooth(a):
    """The mean of 3 x 3 pixels."""
    p = np.pad(a, 1, mode="edge")
    return sum(p[y:y + a.shape[0], x:x + a.shape[1]] for y in range(3) for x in range(3)) / 9


def spectrum(patch):
    """The power of the texture at periods of 24, 8 and 3 pixels, relative to the mean brightness."""
    n = len(patch)
    window = np.outer(np.hanning(n), np.hanning(n))
    texture = (patch / patch.mean() - 1) * window
    power = np.abs(np.fft.fft2(texture - texture.mean())) ** 2 / (window**2).sum()
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(n), np.fft.fftfreq(n)))
    return [power[(f > g / 1.25) & (f < g * 1.25)].mean() for g in (1 / 24, 1 / 8, 1 / 3)]


def measure(image):
    a, lit = image.astype(float), image > 0
    soft = smooth(smooth(a))
    nucleus = lit & (soft > otsu(np.clip(soft[lit], 0, 255).astype(int)))
    y, x = np.nonzero(nucleus)
    if len(y) < 500:
        return None
    minor, major = 2 * np.sqrt(np.linalg.eigvalsh(np.cov(np.vstack([x, y]))))
    cy, cx = int(y.mean()), int(x.mean())
    patch = a[cy - 24:cy + 24, cx - 24:cx + 24]
    if patch.shape != (48, 48) or (patch > 0).mean() < 0.98:
        return None
    rim = lit & (soft < 0.25 * np.median(a[nucleus]))
    return [lit.mean(), major, minor, rim.sum() / lit.sum(), a[nucleus].mean(), a[nucleus].std() / a[nucleus].mean(), (a == 255).sum() / lit.sum()] + spectrum(patch)


NAMES = ["share of pixels above zero", "long half axis, pixels", "short half axis, pixels", "rim, share of those", "brightness of the nucleus",
         "its coefficient of variation", "saturated, mean share", "texture, period 24", "texture, period 8", "texture, period 3"]


def folder(name, wanted):
    rows = [measure(tifffile.imread(f)) for f in sorted(pathlib.Path(name).rglob("*.tif")) if wanted in f.name]
    return np.array([r for r in rows if r is not None])


def main():
    sample, crops = folder(sys.argv[1], "interphase"), folder(sys.argv[2], "")
    print(f"{len(sample)} nuclei of the sample, {len(crops)} of the study")
    far = []
    for i, name in enumerate(NAMES):
        middle = np.mean if "mean" in name else np.median
        s, c = middle(sample[:, i]), middle(crops[:, i])
        print(f"{name:30s} {s:9.4g} {c:9.4g}   ratio {s / c:.2f}")
        if not 1 / 2 < s / c < 2:
            far.append(name)
    if far:
        sys.exit(f"the sample is not near the crops in {', '.join(far)}")


if __name__ == "__main__":
    main()
