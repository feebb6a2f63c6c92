"""What query finds is what NumPy finds among all vectors, and the images that decode
writes are as far from the originals as the latents say."""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import tifffile

TOP = 25


def latents(folder):
    t = pq.read_table(sorted(folder.glob("latents-*.parquet")), columns=["image_id", "embedding", "mse"])
    x = np.stack(t["embedding"].to_pylist()).astype(np.float32).astype(np.float64)
    return np.array(t["image_id"].to_pylist()), x, t["mse"].to_numpy()


def check_query(run, ids, x, image):
    table = pd.read_csv(run / "neighbours.csv")
    at = int(np.flatnonzero(ids == image)[0])
    norms = np.linalg.norm(x, axis=1)
    for metric, distance in (
        ("euclidean", np.linalg.norm(x - x[at], axis=1)),
        ("cosine", 1 - x @ x[at] / (norms * norms[at])),
    ):
        order = [i for i in np.lexsort((ids, distance)) if i != at][:TOP]
        found = table[table.metric == metric]
        if list(found["rank"]) != list(range(1, TOP + 1)) or list(found.image_id) != list(ids[order]):
            raise SystemExit(f"{metric}: the images most like {image} are not those that NumPy finds")
        if not np.allclose(found.distance, distance[order], rtol=1e-9, atol=1e-12):
            raise SystemExit(f"{metric}: other distances than NumPy's")


def check_tails(run, ids, mse):
    table = pd.read_csv(run / "tails.csv")
    for end, order in (("best", np.lexsort((ids, mse))[:TOP]), ("worst", np.lexsort((ids, -mse))[:TOP])):
        if list(table[table.end == end].image_id) != list(ids[order]):
            raise SystemExit(f"the {end} reconstructed images are not those that NumPy finds")


def check_decoded(run, images, ids, mse):
    """Rounding to whole values changes the error of an image by less than a twelfth of their square, and twice its root."""
    table = pd.read_csv(run / "images.csv").set_index("image_id")
    if sorted(table.index) != sorted(ids):
        raise SystemExit("decode lists other images")
    for image, want in zip(ids, mse):
        a, b = (tifffile.imread(p).astype(np.float64) / 255 for p in (run / table.file[image], images / image))
        step = 1 / 255
        if abs(((a - b) ** 2).mean() - want) > step * np.sqrt(want) + step**2 or np.float32(table.mse[image]) != want:
            raise SystemExit(f"{image}: decoded with an error of {((a - b) ** 2).mean():.6g}, the latents say {want:.6g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the program exemplar")
    parser.add_argument("--latents", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--images", type=pathlib.Path, required=True, help="folder of the images, 8-bit TIFF")
    args = parser.parse_args()
    ids, x, mse = latents(args.latents)
    image = ids[len(ids) // 3]
    with tempfile.TemporaryDirectory() as scratch:
        run = lambda name, *flags: subprocess.run(
            [args.bin / "exemplar", *flags, f"--input={args.latents}", f"--output={scratch}/{name}"], check=True, stdout=subprocess.DEVNULL)
        run("query", "query", f"--image={image}", "--metrics=euclidean,cosine", f"--top={TOP}")
        run("tails", "query", "--tails=mse", f"--top={TOP}")
        run("decoded", "decode", f"--model={args.model}")
        check_query(pathlib.Path(scratch, "query"), ids, x, image)
        check_tails(pathlib.Path(scratch, "tails"), ids, mse)
        check_decoded(pathlib.Path(scratch, "decoded"), args.images, ids, mse)
        rows = json.loads(pathlib.Path(scratch, "query", "query.json").read_text())["rows"]
    print(f"query: the {TOP} images most like one of {rows} by both distances, and both ends of the errors, as NumPy finds them; {len(ids)} images decoded")


if __name__ == "__main__":
    main()
