"""Hugging Face datasets loads the picked images as an ImageFolder, with their
metadata: as many rows as selection.csv, each a readable image.
"""

import argparse
import csv
import os
import pathlib
import tempfile

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
cache = tempfile.TemporaryDirectory()
os.environ["HF_HOME"] = cache.name

import datasets

from check import require


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--selection", type=pathlib.Path, required=True)
    args = parser.parse_args()

    with open(args.selection / "selection.csv", newline="") as f:
        picks = list(csv.DictReader(f))
    datasets.disable_progress_bars()
    folder = datasets.load_dataset("imagefolder", data_dir=str(args.selection / "images"), split="train")
    require(len(folder) == len(picks) > 0, f"{len(folder)} images loaded, selection.csv has {len(picks)} picks")
    missing = {"image", "image_id", "rank", "group_id"} - set(folder.column_names)
    require(not missing, f"columns {missing} are missing, there are {folder.column_names}")
    loaded = sorted((row["image_id"], int(row["rank"]), str(row["group_id"])) for row in folder)
    same = sorted((p["image_id"], int(p["rank"]), p["group_id"]) for p in picks)
    require([x[:2] for x in loaded] == [x[:2] for x in same], "metadata of the images differ from selection.csv")
    sizes = {row["image"].size for row in folder}
    print(f"datasets {datasets.__version__}: {len(folder)} picked images with metadata, sizes {sorted(sizes)}")


if __name__ == "__main__":
    main()
