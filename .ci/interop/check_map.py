"""The trustworthiness that a report prints under each map is what scikit-learn finds for
the places in the page, and t-SNE is at least as near to the latents as scikit-learn's."""

import argparse
import base64
import gzip
import json
import pathlib
import re

import numpy as np
import pyarrow.parquet as pq
from check import require
from sklearn.manifold import TSNE, trustworthiness

# Places in the page are whole numbers of 16 bits: which neighbor is the 15th may change.
ROUNDED = 0.002
# t-SNE of other programs, from other starts, differs by less.
OTHER = 0.01


def latents(folder):
    t = pq.read_table(sorted(folder.glob("latents-*.parquet")), columns=["image_id", "embedding"])
    return dict(zip(t["image_id"].to_pylist(), np.asarray(t["embedding"].to_pylist(), np.float64)))


def unpack(text):
    return gzip.decompress(base64.b64decode(text))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latents", type=pathlib.Path, required=True)
    parser.add_argument("--page", type=pathlib.Path, required=True, help="a report with --embedding=tsne")
    args = parser.parse_args()
    page = re.search(r'<script type="application/json" id="report">(.*?)</script>', args.page.read_text(), re.S)
    report = json.loads(page.group(1))["map"]
    by_id = latents(args.latents)
    ids = unpack(report["ids"]).decode().split("\0")[:-1]
    x = np.stack([by_id[i] for i in ids])
    said = []
    for p in report["projections"]:
        shown = p.get("shown") or range(len(ids))
        rows = np.asarray(shown)[: p["rows"]]
        xy = np.frombuffer(unpack(p["xy"]), "<u2").reshape(-1, 2).astype(np.float64)
        require(len(xy) == len(shown), f"{p['name']}: {len(xy)} places of {len(shown)} images")
        found = trustworthiness(x[rows], xy[: p["rows"]], n_neighbors=p["neighbours"])
        require(abs(found - p["trustworthiness"]) <= ROUNDED, f"{p['name']}: trustworthiness {p['trustworthiness']:.5f}, scikit-learn finds {found:.5f}")
        said.append(f"{p['name']} {p['trustworthiness']:.4f}, {found:.4f}")
        if p["name"] == "t-SNE":
            other = TSNE(init="pca", random_state=0, n_jobs=2).fit_transform(x[np.asarray(shown)])
            other = trustworthiness(x[rows], other[: p["rows"]], n_neighbors=p["neighbours"])
            require(found >= other - OTHER, f"t-SNE has trustworthiness {found:.4f}, scikit-learn's t-SNE {other:.4f}")
            said.append(f"scikit-learn's t-SNE {other:.4f}")
    require(any("t-SNE" in s for s in said), "there is no t-SNE in the page")
    print(f"map: trustworthiness as the page says and as scikit-learn finds it, of {len(ids)} images: " + "; ".join(said))


if __name__ == "__main__":
    main()
