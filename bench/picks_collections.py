#!/usr/bin/env python3
"""Makes folders of images for picks.py, a folder for each label, that are always the same.

    python3 bench/picks_collections.py digits OUTPUT
    python3 bench/picks_collections.py mnist OUTPUT --mnist=FOLDER
    python3 bench/picks_collections.py mixture OUTPUT --mnist=FOLDER

digits    the 1,797 digits of 8x8 pixels that come with scikit-learn, values of 0 to 16 times 15
mnist     5,000 of the 10,000 test images of MNIST, drawn by seed 1; FOLDER has t10k-images-idx3-ubyte.gz and -labels-idx1-ubyte.gz
mixture   1,500 test images of five digits with rare kinds: 60 % are 0, 25 % 1, 10 % 4, 4 % 7 and 1 % 8, drawn by seed 2

It needs NumPy and Pillow, and digits scikit-learn.
"""
import argparse, gzip, os
import numpy as np
from PIL import Image

MIXTURE = {0: 900, 1: 375, 4: 150, 7: 60, 8: 15}


def write(output, images, labels):
    for label in np.unique(labels):
        os.makedirs(os.path.join(output, str(label)))
    for i, (image, label) in enumerate(zip(images, labels)):
        Image.fromarray(image).save(os.path.join(output, str(label), f"{i:04}.png"))


def digits():
    from sklearn.datasets import load_digits
    d = load_digits()
    return (d.images * 15).astype(np.uint8), d.target


def idx(folder, name, header):
    with gzip.open(os.path.join(folder, name)) as f:
        return np.frombuffer(f.read(), np.uint8, offset=header)


def mnist(folder):
    images = idx(folder, "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    return images, idx(folder, "t10k-labels-idx1-ubyte.gz", 8)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("collection", choices=["digits", "mnist", "mixture"])
    p.add_argument("output", help="a folder that is not there yet, or is empty")
    p.add_argument("--mnist", help="the folder of MNIST")
    a = p.parse_args()
    if os.path.isdir(a.output) and os.listdir(a.output):
        p.error(f"{a.output} is not empty")
    if a.collection == "digits":
        return write(a.output, *digits())
    if not a.mnist:
        p.error(f"{a.collection} is made of MNIST: name its folder with --mnist")
    images, labels = mnist(a.mnist)
    if a.collection == "mnist":
        rows = np.sort(np.random.default_rng(1).choice(len(images), 5000, replace=False))
    else:
        rng = np.random.default_rng(2)
        rows = np.sort(np.concatenate([rng.choice(np.flatnonzero(labels == v), n, replace=False) for v, n in MIXTURE.items()]))
    write(a.output, images[rows], labels[rows])


if __name__ == "__main__":
    main()
