"""TensorFlow reads every record of a folder of shards, and every pixel equals
what tifffile finds in the source image.

Checked too: the shard of each image is md5(file name) mod the number of shards,
records are sorted by file name, and the counts are those of shards.json.
"""

import argparse
import hashlib
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import tifffile

from check import require

# The feature description of the study that this project follows.
FEATURES = {
    "image_raw": tf.io.FixedLenFeature([], tf.string),
    "filename": tf.io.FixedLenFeature([], tf.string),
}


def check_shard(path, number, total, images, compression):
    """Checks one shard and returns the file names in it."""
    names = []
    for record in tf.data.TFRecordDataset(str(path), compression_type=compression):
        example = tf.io.parse_single_example(record, FEATURES)
        raw = example["filename"].numpy()
        name = raw.decode()
        shard = int.from_bytes(hashlib.md5(raw).digest(), "big") % total
        require(shard == number, f"{path}: {name} belongs to shard {shard} of {total}")
        want = tifffile.imread(images / name)
        got = tf.io.decode_raw(example["image_raw"], want.dtype.name).numpy()
        require(
            np.array_equal(got.reshape(want.shape), want),
            f"{path}: pixels of {name} differ from the image's",
        )
        names.append(raw)
    require(names == sorted(names), f"{path}: not sorted by file name")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=pathlib.Path, required=True)
    parser.add_argument("--images", type=pathlib.Path, required=True, help="folder of the TIFFs")
    args = parser.parse_args()

    manifest = json.loads((args.shards / "shards.json").read_text())
    files = sorted(args.shards.glob("*.tfrecords*"))
    want = [s["file"] for s in manifest["shards"]]
    require([f.name for f in files] == want, f"files {files} are not those of shards.json")
    compression = "GZIP" if manifest["parameters"]["compression"] == "gzip" else ""
    total = 0
    for number, (path, info) in enumerate(zip(files, manifest["shards"])):
        names = check_shard(path, number, len(files), args.images, compression)
        require(len(names) == info["records"], f"{path}: {len(names)} records, manifest says {info['records']}")
        total += len(names)
    require(total == manifest["written"] > 0, f"{total} records, manifest says {manifest['written']}")
    print(f"TensorFlow {tf.__version__}: {total} records in {len(files)} shards, every pixel equal to the TIFF's")


if __name__ == "__main__":
    main()
