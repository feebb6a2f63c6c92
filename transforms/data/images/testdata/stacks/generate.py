"""Writes stacks as tifffile writes them: python generate.py (needs numpy and tifffile).

The sample of channel c, depth z, time t at row y, column x is 257(c+1) + 1000z + 300t + 16y + x, of 16 bits unless said
otherwise; images are 6 high and 5 wide. stacks_test.go computes it by itself."""

import pathlib

import numpy as np
import tifffile

HERE = pathlib.Path(__file__).resolve().parent


def values(c=1, z=1, t=1):
    """The samples, by t, z, c, y, x."""
    t, z, c, y, x = np.ogrid[:t, :z, :c, :6, :5]
    return (257 * (c + 1) + 1000 * z + 300 * t + 16 * y + x).astype(np.uint16)


def write(name, data, **options):
    tifffile.imwrite(HERE / name, data, **options)


names = {"Channel": {"Name": ["DNA", "ER & <RNA>", "Möbius"], "Color": [0x0000FFFF, 0x00FF00FF, -16776961]},
         "PhysicalSizeX": 650, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.65, "PhysicalSizeYUnit": "µm", "SignificantBits": 12}
three = values(3)[0, 0]
write("interleaved.tif", np.moveaxis(three, 0, -1), photometric="minisblack", planarconfig="contig")
write("planar.tif", three, photometric="minisblack", planarconfig="separate", compression="deflate", predictor=2)
write("planar-tiles.tif", three, photometric="minisblack", planarconfig="separate", tile=(16, 16), byteorder=">")
write("rgb-planar.tif", three.astype(np.uint8), photometric="rgb", planarconfig="separate")
write("axes.tif", three, photometric="minisblack", metadata={"axes": "CYX"}, bigtiff=True)
write("unsaid.tif", three, photometric="minisblack")
write("pages.tif", three, photometric="minisblack", metadata=None)
write("ome.tif", three, photometric="minisblack", ome=True, metadata={"axes": "CYX"} | names)
write("ome-zct.tif", np.moveaxis(values(3, 2, 2), 2, 1), photometric="minisblack", ome=True, metadata={"axes": "TCZYX"})
write("imagej.tif", three, imagej=True, resolution=(1 / 0.65, 1 / 0.65), metadata={"unit": "um", "axes": "CYX"})
write("imagej-czt.tif", values(3, 2, 2), imagej=True, metadata={"axes": "TZCYX"})
write("imagej-z.tif", values(1, 3)[0, :, 0], imagej=True, metadata={"axes": "ZYX"})
write("behind.tif", values(3, 2, 2), imagej=True, metadata={"axes": "TZCYX"}, truncate=True)
write("axes-behind.tif", three, photometric="minisblack", metadata={"axes": "CYX"}, truncate=True, byteorder=">")
write("alpha.tif", np.dstack([three[0].astype(np.uint8)] * 3 + [np.full((6, 5), 255, np.uint8)]), photometric="rgb", extrasamples=["unassalpha"])
write("alpha-not.tif", np.dstack([three[0].astype(np.uint8)] * 3 + [np.full((6, 5), 254, np.uint8)]), photometric="rgb", extrasamples=["unassalpha"])
write("white.tif", 65535 - values()[0, 0, 0], photometric="miniswhite")
ramp = np.repeat((np.arange(256) * 257)[None].astype(np.uint16), 3, 0)
write("palette.tif", three[0].astype(np.uint8), photometric="palette", colormap=255 * 257 - ramp)
write("palette-color.tif", three[0].astype(np.uint8), photometric="palette", colormap=np.stack([ramp[0], ramp[1], ramp[2] // 2]))
write("max.tif", three[0], extratags=[(281, "H", 1, 4095, True)])

# Numbers, that --range brings back to the samples above (predictor 3 needs imagecodecs).
floats = (three / 16 - 20).astype(np.float32)
write("float32.tif", floats, photometric="minisblack", planarconfig="separate", compression="deflate", predictor=3, byteorder=">")
write("float32-tiles.tif", np.moveaxis(floats, 0, -1), photometric="minisblack", planarconfig="contig", tile=(16, 16), compression="deflate", predictor=3)
write("float32-rgb.tif", np.moveaxis(floats, 0, -1), photometric="rgb")
write("float32-imagej.tif", (values(1, 3)[0, :, 0] / 16 - 20).astype(np.float32), imagej=True, metadata={"axes": "ZYX"})
write("float64.tif", three[0] / 16 - 20, compression="deflate", predictor=3)
write("float16.tif", (three[0].astype(int) - 300).astype(np.float16), byteorder=">")
write("int8.tif", (three[0].astype(int) - 300).astype(np.int8))
write("int16.tif", (three.astype(int) - 2000).astype(np.int16), photometric="minisblack", ome=True, metadata={"axes": "CYX", "SignificantBits": 12})
write("int32.tif", three.astype(np.int32) - 100000, photometric="minisblack", planarconfig="separate", compression="deflate", predictor=2, byteorder=">")
write("uint32.tif", three[0].astype(np.uint32) + 4000000000, compression="deflate", predictor=2)
odd = floats[0].copy()
odd[2, 3], odd[4, 1] = np.nan, -np.inf
write("float32-odd.tif", odd)
write("float32-none.tif", odd * np.nan)
