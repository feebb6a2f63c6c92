"""The head of a model, computed by NumPy from head.npz and the latents of the images that were
held out, finds the labels that the training says it finds."""

import argparse
import json
import pathlib

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from check import require


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--latents", type=pathlib.Path, required=True, help="of the folder of --validation_input")
    args = parser.parse_args()
    said = json.loads((args.model / "model.json").read_text())
    classes = said["head"]["classes"]
    with np.load(args.model / "head.npz") as arrays:
        kernel, bias = arrays["kernel"], arrays["bias"]
        require(sorted(arrays.files) == ["bias", "kernel"], f"head.npz holds {arrays.files}")
    require(kernel.dtype == np.float32 and kernel.shape == (said["architecture"]["latent"], len(classes)) and bias.shape == (len(classes),), "other shapes than the classes have")
    t = pq.read_table(sorted(args.latents.glob("latents-*.parquet")), columns=["label", "embedding"])
    z, labels = np.asarray(t["embedding"].to_pylist(), np.float64), np.array([str(v) for v in t["label"].to_pylist()])
    logits = z @ kernel.astype(np.float64) + bias
    found = np.argmax(logits, axis=1)
    is_ = np.array([classes.index(v) for v in labels])
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (is_, found), 1)
    table = pd.read_csv(args.model / "confusion.csv", dtype={"label": str})
    require(list(table.label) == classes, f"confusion.csv has the rows {list(table.label)}")
    require((table[[f"predicted_{c}" for c in classes]].to_numpy() == confusion).all(), f"confusion.csv is not\n{confusion}")
    accuracy = np.trace(confusion) / len(labels)
    metrics = said["training"]["metrics"]
    require(metrics["validation_images"] == len(labels) and abs(metrics["val_accuracy"] - accuracy) < 1e-12, f"model.json says {metrics['val_accuracy']}, NumPy {accuracy}")
    # The loss of the log, from numbers that are rounded otherwise: 32 bits against 64.
    top = logits.max(axis=1, keepdims=True)
    loss = (np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0] - logits[np.arange(len(labels)), is_]).mean()
    require(abs(metrics["val_loss"] - loss) < 1e-5 * loss, f"model.json says a loss of {metrics['val_loss']}, NumPy {loss}")
    print(f"head of {len(classes)} classes: accuracy {accuracy:.4f} and cross-entropy {loss:.5f} over {len(labels)} images, as NumPy finds them; so is confusion.csv")


if __name__ == "__main__":
    main()
