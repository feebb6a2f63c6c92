"""Files as the field's programs write them, from their source, their manuals and the readers of
Bio-Formats: tags, byte order, descriptions and names. Each is a case of check_programs.py."""

import zlib

import numpy as np
import tifffile

from tiffs import BYTE, DOUBLE, LONG, RATIONAL, SHORT, color, gray, tiff

NAMES = ["DNA", "ER", "RNA"]
DYES = ["H3342", "AF488", "AF568"]
MICRONS = 0.325


class Case:
    """One kind of file: of which program, what it is, how it is read."""

    def __init__(self, program, kind, files, flags=(), same=None, refused="", channels=None):
        self.program, self.kind, self.files, self.flags = program, kind, files, list(flags)
        self.same = same  # image id to pixels, height x width (x channels)
        self.channels = channels  # their names in the manifest, "" of those that have none; of gray and RGB there are none
        self.refused = refused  # what the reason says, where it is refused


def cases(pixels):
    """All cases; pixels is channels x height x width, uint16 of 12 bits."""
    return [*imagej(pixels), *qupath(pixels), *cellprofiler(pixels), *nis(pixels), *zen(pixels), *others(pixels)]


def yxc(pixels):
    return np.moveaxis(pixels, 0, -1)


# ImageJ and Fiji: ij.io.TiffEncoder, FileSaver.getDescriptionString. Big-endian; each directory
# has the description; RowsPerStrip is the height; a resolution is pixels per unit, in millionths.


def imagej_text(*lines):
    return "\n".join(["ImageJ=1.54f", *lines]) + "\n\0"


def imagej_page(plane, text, order=">", unit=True, **tags):
    if unit:
        per = (RATIONAL, [int(1e6 / MICRONS), 1000000])
        tags = {"t282": per, "t283": per, "t296": 1, **tags}
    make = color if plane.ndim == 3 else gray
    return make(plane, order, t270=text.encode("latin-1", "replace"), **{"t284": None, **tags})


def labels(n):
    """Slice labels, as MetaData (50839) and its sizes (50838), big-endian UTF-16."""
    text = [f"c:{i + 1}/{n} - cell".encode("utf-16-be") for i in range(n)]
    head = b"IJIJ" + b"labl" + n.to_bytes(4, "big")
    return {"t50838": (LONG, [len(head), *map(len, text)]), "t50839": (BYTE, head + b"".join(text))}


def imagej(p):
    eight = (p >> 4).astype(np.uint8)
    n = len(p)
    stack = imagej_text(f"images={n}", f"channels={n}", "hyperstack=true", "mode=composite", "unit=\\u00B5m", "loop=false", "min=0.0", "max=4095.0")
    pages = [imagej_page(c, stack, **(labels(n) if i == 0 else {})) for i, c in enumerate(p)]
    yield Case("ImageJ, Fiji", "16-bit image", {"a.tif": tiff([imagej_page(p[0], imagej_text("unit=micron", "min=0.0", "max=4095.0"))], ">")}, same={"a.tif": p[0]})
    yield Case("ImageJ, Fiji", "8-bit image, inverting LUT", {"a.tif": tiff([imagej_page(eight[0], imagej_text(), unit=False, t262=0)], ">")}, same={"a.tif": 255 - eight[0]})
    green = (SHORT, [0] * 256 + [257 * i for i in range(256)] + [0] * 256)
    yield Case("ImageJ, Fiji", "8-bit image with a colored LUT", {"a.tif": tiff([imagej_page(eight[0], imagej_text(), unit=False, t262=3, t320=green)], ">")}, refused="palette")
    yield Case("ImageJ, Fiji", "16-bit image with a colored LUT", {"a.tif": tiff([imagej_page(p[0], imagej_text("min=0.0", "max=4095.0"), t320=green)], ">")}, same={"a.tif": p[0]})
    yield Case("ImageJ, Fiji", "32-bit image", {"a.tif": tiff([imagej_page(p[0].astype(np.float32), imagej_text("min=0.0", "max=4095.0"), t339=3)], ">")}, refused="--range")
    yield Case("ImageJ, Fiji", "RGB image", {"a.tif": tiff([imagej_page(yxc(eight), imagej_text())], ">")}, same={"a.tif": yxc(eight)})
    yield Case("ImageJ, Fiji", "RGB of 16 bits", {"a.tif": tiff([imagej_page(yxc(p), imagej_text("channels=3", "hyperstack=true", "mode=composite", "loop=false"))], ">")}, same={"a.tif": yxc(p)})
    yield Case("ImageJ, Fiji", "hyperstack of channels", {"a.tif": tiff(pages, ">")}, same={"a.tif": yxc(p)}, channels=[""] * 3)
    yield Case("ImageJ, Fiji", "hyperstack, Intel byte order", {"a.tif": tiff([imagej_page(c, stack, "<") for c in p], "<")}, same={"a.tif": yxc(p)}, channels=[""] * 3)
    one = imagej_page(p[0], stack)
    yield Case("ImageJ, Fiji", "hyperstack above 4 GiB: one directory", {"a.tif": tiff([({**one[0], 279: (LONG, [p[0].nbytes])}, [p.astype(">u2").tobytes()])], ">")}, same={"a.tif": yxc(p)}, channels=[""] * 3)
    z = imagej_text(f"images={n}", f"slices={n}", "unit=micron", "spacing=0.5", "loop=false", "min=0.0", "max=4095.0")
    yield Case("ImageJ, Fiji", "stack of slices", {"a.tif": tiff([imagej_page(c, z) for c in p], ">")}, refused="--proj")
    yield Case("ImageJ, Fiji", "stack of RGB slices", {"a.tif": tiff([imagej_page(yxc(eight), imagej_text("images=2", "slices=2", "loop=false")) for _ in range(2)], ">")}, refused="--proj")
    yield Case("ImageJ, Fiji", "image sequence, one file per channel", {f"cell_C{i + 1}.tif": tiff([imagej_page(c, imagej_text("min=0.0", "max=4095.0"))], ">") for i, c in enumerate(p)},
               [r"--channel_pattern=_C(?P<channel>\d+)"], {"cell.tif": yxc(p)}, channels=[""] * 3)


# QuPath: OMEPyramidWriter (PyramidOMETiffWriter of Bio-Formats): tiles, smaller copies in SubIFDs;
# regions as ImageJ TIFF. TileExporter of 0.5.1 and before calls channels slices (qupath#1503).


def ome(size, order="XYCZT", kind="uint16", more="", channels="", data="", images=1):
    x, y, z, c, t = size
    px = "".join(f'<Image ID="Image:{i}"><Pixels ID="Pixels:{i}" DimensionOrder="{order}" Type="{kind}" SizeX="{x}" SizeY="{y}" SizeZ="{z}" SizeC="{c}" SizeT="{t}" {more}>'
                 f"{channels}{data}</Pixels></Image>" for i in range(images))
    return ('<?xml version="1.0" encoding="UTF-8" standalone="no"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'Creator="OME Bio-Formats 7.3.0" UUID="urn:uuid:5f1c0ba4-0b5f-4a3f-8a2c-8d1ee0f7f0a1">{px}</OME>')


def ome_channels(names, samples=1):
    return "".join(f'<Channel ID="Channel:0:{i}" Name="{n}" Color="{(0xff << (8 * i + 8)) - (1 << 32) * (i > 1)}" ' + (f'SamplesPerPixel="{samples}"' if i == 0 else "") + "/>"
                   for i, n in enumerate(names))


SIZED = f'PhysicalSizeX="{MICRONS}" PhysicalSizeXUnit="µm" PhysicalSizeY="{MICRONS}" PhysicalSizeYUnit="µm" BigEndian="false" Interleaved="false"'


def tiled(plane, side=32, packed=True, **tags):
    """A page in tiles, filled up with zeros, deflated or not."""
    make = color if plane.ndim == 3 else gray
    usual, _ = make(plane)
    blocks = []
    for y in range(0, plane.shape[0], side):
        for x in range(0, plane.shape[1], side):
            tile = np.zeros((side, side, *plane.shape[2:]), plane.dtype)
            part = plane[y:y + side, x:x + side]
            tile[:part.shape[0], :part.shape[1]] = part
            blocks.append(zlib.compress(tile.tobytes()) if packed else tile.tobytes())
    usual.update({259: 8 if packed else 1, 322: side, 323: side, 305: "OME Bio-Formats 7.3.0"})
    usual.update({int(k[1:]): v for k, v in tags.items()})
    return {k: v for k, v in usual.items() if v is not None and k != 278}, blocks


def qupath(p):
    h, w = p.shape[1:]
    xml = ome((w, h, 1, len(p), 1), more=SIZED, channels=ome_channels(NAMES), data="".join(f'<TiffData FirstC="{i}" FirstZ="0" FirstT="0" IFD="{i}" PlaneCount="1"/>' for i in range(len(p))))
    yield Case("QuPath", "OME-TIFF, channels as planes", {"a.ome.tif": tiff([tiled(c, **({"t270": xml} if i == 0 else {})) for i, c in enumerate(p)])}, same={"a.ome.tif": yxc(p)}, channels=NAMES)
    yield Case("QuPath", "OME-TIFF with a pyramid", {"a.ome.tif": pyramid(p, xml)}, same={"a.ome.tif": yxc(p)}, channels=NAMES)
    mixed = ome((w, h, 1, len(p), 1), more=SIZED.replace('"false"/', '"true"/'), channels=ome_channels(NAMES, len(p)), data='<TiffData IFD="0" PlaneCount="1"/>')
    yield Case("QuPath", "OME-TIFF, channels interleaved", {"a.ome.tif": tiff([tiled(yxc(p), packed=False, t262=1, t338=(SHORT, [0, 0]), t270=mixed)])}, same={"a.ome.tif": yxc(p)}, channels=NAMES)
    eight = yxc((p >> 4).astype(np.uint8))
    rgb = ome((w, h, 1, 3, 1), kind="uint8", channels='<Channel ID="Channel:0" SamplesPerPixel="3"/>', data='<TiffData IFD="0" PlaneCount="1"/>')
    yield Case("QuPath", "OME-TIFF, RGB", {"a.ome.tif": tiff([tiled(eight, t270=rgb)])}, same={"a.ome.tif": eight})
    yield Case("QuPath", "OME-TIFF, RGB as JPEG", {"a.ome.tif": tiff([tiled(eight, packed=False, t270=rgb, t259=7)])}, refused="compress")
    n = len(p)
    text = imagej_text(f"images={n}", f"channels={n}", "hyperstack=true", "mode=composite", "unit=\\u00B5m", "xorigin=-100.0", "yorigin=-20.0", "loop=false", "min=0.0", "max=4095.0")
    yield Case("QuPath", "region as ImageJ TIFF", {"a.tif": tiff([imagej_page(c, text) for c in p], ">")}, same={"a.tif": yxc(p)}, channels=[""] * 3)
    wrong = imagej_text(f"images={n}", f"slices={n}", "loop=false", "min=0.0", "max=4095.0")
    yield Case("QuPath", "TileExporter up to 0.5.1, ImageJ TIFF", {"a.tif": tiff([imagej_page(c, wrong, unit=False) for c in p], ">")}, refused="--proj")


def pyramid(p, xml):
    """Each page has smaller copies in SubIFDs (330), as PyramidOMETiffWriter writes them."""
    with_room = [tiled(c, **({"t270": xml} if i == 0 else {})) for i, c in enumerate(p)]
    small = [tiled(c[::2, ::2], t254=1) for c in p]
    data = bytearray(tiff(small))  # the copies first: their chain is cut, and each is named by its page
    places, at = [], int.from_bytes(data[4:8], "little")
    while at:
        places.append(at)
        link = at + 2 + 12 * int.from_bytes(data[at:at + 2], "little")
        at, data[link:link + 4] = int.from_bytes(data[link:link + 4], "little"), bytes(4)
    for (tags, _), place in zip(with_room, places):
        tags[330] = (LONG, [place])
    return tiff(with_room, head=bytes(data[8:]))


# CellProfiler: skimage.io.imsave, that is tifffile with its own description of the shape.


def cellprofiler(p):
    h, w = p.shape[1:]
    full = (p.astype(np.uint32) * 16).astype(np.uint16)  # it stretches to the whole range of what it read
    eight = (p >> 4).astype(np.uint8)

    def saved(image, **flags):
        import io

        out = io.BytesIO()
        tifffile.imwrite(out, image, compression="zlib", **flags)
        return out.getvalue()

    yield Case("CellProfiler", "SaveImages, gray, 8 bits", {"a.tiff": saved(eight[0])}, same={"a.tiff": eight[0]})
    yield Case("CellProfiler", "SaveImages, gray, 16 bits", {"a.tiff": saved(full[0])}, same={"a.tiff": full[0]})
    yield Case("CellProfiler", "SaveImages, 32-bit floats", {"a.tiff": saved((p[0] / 65535).astype(np.float32))}, refused="--range")
    yield Case("CellProfiler", "SaveImages, color", {"a.tiff": saved(yxc(eight), photometric="rgb")}, same={"a.tiff": yxc(eight)})
    five = np.concatenate([full, full[:2]])
    yield Case("CellProfiler", "SaveImages, five channels", {"a.tiff": saved(yxc(five), photometric="minisblack", metadata={})}, refused="pages")
    yield Case("CellProfiler", "SaveImages, one file per channel", {f"cell_{c}.tiff": saved(x) for c, x in zip(NAMES, full)}, [r"--channel_pattern=_(?P<channel>\w+)"], {"cell.tiff": yxc(full)}, channels=NAMES)
    yield Case("CellProfiler", "SaveImages, npy", {"a.npy": b"\x93NUMPY\x01\x00" + bytes(120)}, refused="no image")
    yield Case("CellProfiler", "SaveCroppedObjects, gray, tiff16", {"Nuclei_1.tiff": saved(full[0])}, same={"Nuclei_1.tiff": full[0]})
    yield Case("CellProfiler", "SaveCroppedObjects, color, tiff8", {"Nuclei_1.tiff": saved(yxc(eight), photometric="rgb")}, same={"Nuclei_1.tiff": yxc(eight)})
    yield Case("CellProfiler", "SaveCroppedObjects, png", {"Nuclei_1.png": png(eight[0])}, same={"Nuclei_1.png": eight[0]})


def png(image):
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image).save(out, "png")
    return out.getvalue()


# NIS-Elements: tags of its own (65325 and on: 65326 the size of a pixel, 65330 texts, 65332 and
# 65333 XML), NikonElementsTiffReader of Bio-Formats. One file per channel, or as shown in RGB, or a
# file of pages of which nothing in the standard's tags says what they are.


def nis_tags():
    xml = b'<?xml version="1.0" encoding="UTF-8"?><variant version="1.0"><no_name runtype="CLxListVariant"></no_name></variant>\0'
    return {"t305": "NIS-Elements AR 5.42", "t65325": (BYTE, bytes(16)), "t65326": (DOUBLE, [MICRONS]), "t65330": (BYTE, "12-bit".encode("utf-16-le")), "t65332": (BYTE, xml), "t65333": (BYTE, xml)}


def nis(p):
    eight = yxc((p >> 4).astype(np.uint8))
    yield Case("NIS-Elements", "TIFF, mono, 12 of 16 bits", {"a.tif": tiff([gray(p[0], rows=8, t281=4095, **nis_tags())])}, same={"a.tif": p[0]})
    yield Case("NIS-Elements", "TIFF, one file per channel", {f"cell_xy1c{i + 1}.tif": tiff([gray(c, rows=8, **nis_tags())]) for i, c in enumerate(p)}, [r"--channel_pattern=c(?P<channel>\d+)\.tif$"], {"cell_xy1": yxc(p)}, channels=[""] * 3)
    yield Case("NIS-Elements", "TIFF, three channels as samples", {"a.tif": tiff([color(yxc(p), **nis_tags())])}, same={"a.tif": yxc(p)})
    yield Case("NIS-Elements", "TIFF, as shown (RGB)", {"a.tif": tiff([color(eight, **nis_tags())])}, same={"a.tif": eight})
    yield Case("NIS-Elements", "TIFF, all planes in one file", {"a.tif": tiff([gray(c, **nis_tags()) for c in p])}, refused="pages")


# ZEN: Image Export writes a file per channel, name_c1_ORG.tif (name_s1z1c1t1_ORG.tif), with an XML
# file beside it; "_c1" without ORG is as shown. OME-TIFF Export: one file, tiles or strips.


def zen(p):
    h, w = p.shape[1:]
    eight = yxc((p >> 4).astype(np.uint8))
    inch = {"t282": (RATIONAL, [96, 1]), "t283": (RATIONAL, [96, 1]), "t296": 2}
    files = {f"cell_s01c{i + 1}_ORG.tif": tiff([gray(c, rows=16, **inch)]) for i, c in enumerate(p)}
    files["cell_metadata.xml"] = b"<ImageMetadata/>"
    yield Case("ZEN", "Image Export, original data", files, [r"--channel_pattern=c(?P<channel>\d+)_ORG"], {"cell_s01.tif": yxc(p)}, channels=[""] * 3)
    yield Case("ZEN", "Image Export, as shown (RGB)", {"cell_c1-3.tif": tiff([color(eight, **inch)])}, same={"cell_c1-3.tif": eight})
    yield Case("ZEN", "Image Export, LZW", {"a_c1_ORG.tif": lzw(p[0])}, same={"a_c1_ORG.tif": p[0]})
    names = "".join(f'<Channel ID="Channel:{i}" Name="{n}" SamplesPerPixel="1"/>' for i, n in enumerate(DYES))
    data = "".join(f'<TiffData FirstC="{i}" FirstT="0" FirstZ="0" IFD="{i}" PlaneCount="1"><UUID FileName="cell.ome.tiff">urn:uuid:5f1c0ba4-0b5f-4a3f-8a2c-8d1ee0f7f0a1</UUID></TiffData>' for i in range(len(p)))
    xml = ome((w, h, 1, len(p), 1), more=SIZED + ' SignificantBits="12"', channels=names, data=data)
    yield Case("ZEN", "OME-TIFF Export", {"cell.ome.tiff": tiff([gray(c, rows=16, **({"t270": xml} if i == 0 else {})) for i, c in enumerate(p)])}, same={"cell.ome.tiff": yxc(p)}, channels=DYES)
    deep = ome((w, h, 3, 1, 1), order="XYZCT", more=SIZED, data='<TiffData/>')
    yield Case("ZEN", "OME-TIFF Export of a stack", {"cell.ome.tiff": tiff([gray(c, **({"t270": deep} if i == 0 else {})) for i, c in enumerate(p)])}, refused="--proj")
    scenes = ome((w, h, 1, 1, 1), more=SIZED, images=3, data='<TiffData/>')
    yield Case("ZEN", "OME-TIFF Export of scenes", {"cell.ome.tiff": tiff([gray(c, **({"t270": scenes} if i == 0 else {})) for i, c in enumerate(p)])}, refused="images")
    yield Case("ZEN", "LSM named .tif, one depth and time", {"a.tif": lsm(p, 1)}, same={"a.tif": yxc(p)}, channels=[""] * 3)
    yield Case("ZEN", "LSM named .tif, several depths", {"a.tif": lsm(p, 4)}, refused="LSM")


def lsm(p, depths):
    """Planar samples, a thumbnail, and CZ_LSMINFO (34412): sizes from byte 8 on."""
    size = np.array([p.shape[2], p.shape[1], depths, len(p), 1], "<i4").tobytes()
    info = (b"\x4c\x49\x00\x04" + (500).to_bytes(4, "little") + size).ljust(500, b"\0")
    page, _ = gray(p[0], t258=(SHORT, [16] * 3), t277=3, t284=2, t34412=(BYTE, info))
    small = color(yxc((p >> 4).astype(np.uint8))[::4, ::4].copy(), t254=1)
    return tiff([(page, [c.astype("<u2").tobytes() for c in p]), small])


def lzw(plane):
    """LZW with codes of 9 bits alone: the table is cleared before it needs 10."""
    data, bits = plane.astype("<u2").tobytes(), []
    for i, b in enumerate(data):
        if i % 200 == 0:
            bits.append(256)
        bits.append(b)
    bits.append(257)
    number = int("".join(f"{b:09b}" for b in bits).ljust(-(-len(bits) * 9 // 8) * 8, "0"), 2)
    tags, _ = gray(plane, t259=5, t278=plane.shape[0])
    return tiff([(tags, [number.to_bytes(-(-len(bits) * 9 // 8), "big")])])


# Others: MetaMorph (UIC tags; STK has one directory for all planes), Leica LAS X, Micro-Manager,
# MCD Viewer (channels are pages, named by PageName).


def others(p):
    h, w = p.shape[1:]
    uic = {"t33628": (LONG, [0, 0]), "t305": "MetaSeries", "t270": '<MetaData><PlaneInfo><prop id="wavelength" type="float" value="447"/></PlaneInfo></MetaData>'}
    yield Case("MetaMorph, MetaXpress", "TIFF, one file per channel", {f"plate_A01_s1_w{i + 1}.TIF": tiff([gray(c, **uic)]) for i, c in enumerate(p)}, [r"--channel_pattern=_w(?P<channel>\d)"], {"plate_A01_s1.TIF": yxc(p)}, channels=[""] * 3)
    planes = {"t33629": (RATIONAL, [0, 1] * 3), "t33628": (LONG, [0, 0])}
    tags, _ = gray(p[0], t279=p[0].nbytes, **planes)
    yield Case("MetaMorph, MetaXpress", "STK", {"a.stk.tif": tiff([(tags, [p.tobytes()])])}, refused="MetaMorph")
    yield Case("Leica LAS X", "TIFF export", {f"Position001_ch{i:02d}.tif": tiff([gray(c, rows=1, t282=(RATIONAL, [30769, 1]), t283=(RATIONAL, [30769, 1]), t296=3)]) for i, c in enumerate(p)},
               [r"--channel_pattern=_ch(?P<channel>\d+)"], {"Position001.tif": yxc(p)}, channels=[""] * 3)
    text = ome((w, h, 1, len(p), 1), channels=ome_channels(NAMES), data="".join(f'<TiffData FirstC="{i}" FirstZ="0" FirstT="0" IFD="{i}" PlaneCount="1"/>' for i in range(len(p))))
    n = imagej_text(f"images={len(p)}", f"channels={len(p)}", "slices=1", "frames=1", "hyperstack=true", "mode=composite", "unit=um")
    pages = [gray(c, t270=text if i == 0 else None, t51123=b'{"Channel":"DNA"}\0') for i, c in enumerate(p)]
    yield Case("Micro-Manager", "image stack file", {"a_MMStack.ome.tif": tiff(pages, head=n.encode())}, same={"a_MMStack.ome.tif": yxc(p)}, channels=NAMES)
    yield Case("MCD Viewer", "OME-TIFF without OME-XML, PageName", {"a.ome.tiff": tiff([gray(c, t285=n) for c, n in zip(p, NAMES)])}, refused="pages")
    part = ome((w, h, 1, len(p), 1), channels=ome_channels(NAMES), data="".join(f'<TiffData FirstC="{i}" IFD="0" PlaneCount="1"><UUID FileName="a_{i}.ome.tif">urn:uuid:{i}</UUID></TiffData>' for i in range(len(p))))
    yield Case("Bio-Formats", "OME-TIFF of several files", {f"a_{i}.ome.tif": tiff([gray(c, t270=part)]) for i, c in enumerate(p)}, [r"--channel_pattern=_(?P<channel>\d)"], {"a.ome.tif": yxc(p)}, channels=[""] * 3)
