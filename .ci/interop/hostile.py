"""Files that lie, are cut, or unpack to more than there is memory: the cases of check_hostile.py."""

import json
import struct
import zlib

import numpy as np

from programs import NAMES, imagej_page, imagej_text, ome, ome_channels, yxc
from tiffs import BYTE, LONG, SHORT, color, gray, tiff

PLANES = "".join(f'<TiffData FirstC="{i}" FirstZ="0" FirstT="0" IFD="{i}" PlaneCount="1"/>' for i in range(3))


def good(p, **tags):
    """An OME-TIFF of three channels."""
    return tiff(pages(p, xml(p), **tags))


def xml(p, size=None, **more):
    size = size or (p.shape[2], p.shape[1], 1, len(p), 1)
    return ome(size, **{"channels": ome_channels(NAMES), "data": PLANES, **more})


def pages(p, text, **tags):
    return [gray(c, **({"t270": text, **tags} if i == 0 else {})) for i, c in enumerate(p)]


def described(p, text):
    return tiff(pages(p, text))


def lies(p):
    """Bytes of files that are refused, by name, and what the reason says."""
    h, w = p.shape[1:]
    whole = good(p)
    of = lambda **more: described(p, xml(p, **more))
    sizes = lambda *size: described(p, xml(p, size))
    yield "cut in half.tif", whole[:len(whole) // 2], ""
    yield "cut in the last page.tif", whole[:-10], ""
    yield "empty.tif", b"", ""
    yield "header alone.tif", whole[:8], ""
    yield "SizeC 5 of 3.tif", sizes(w, h, 1, 5, 1), "5"
    yield "SizeC 2 of 3.tif", sizes(w, h, 1, 2, 1), ""
    yield "SizeC 2, two planes, three pages.tif", of(size=(w, h, 1, 2, 1), data=PLANES.split("<TiffData FirstC=\"2\"")[0], channels=ome_channels(NAMES[:2])), "2 planes"
    yield "SizeX other.tif", sizes(w + 1, h, 1, 3, 1), "OME-XML says"
    yield "SizeC 0.tif", sizes(w, h, 1, 0, 1), "sizes"
    yield "SizeZ negative.tif", sizes(w, h, -1, 3, 1), "sizes"
    yield "SizeC of a thousand millions.tif", sizes(w, h, 1, 10**9, 1), "sizes"
    yield "SizeT overflows.tif", sizes(w, h, 2**24, 2**24, 2**24), "planes"
    yield "SizeX no number.tif", sizes("48.0", h, 1, 3, 1), "number"
    yield "Type other.tif", of(kind="uint8"), "type"
    yield "two images.tif", of(images=2), "2 images"
    yield "order of nothing.tif", of(order="XYABC"), "order"
    yield "plane twice.tif", of(data=PLANES.replace('IFD="2"', 'IFD="1"')), ""
    yield "plane of nowhere.tif", of(data=PLANES.replace('IFD="2"', 'IFD="7"')), ""
    yield "planes in other files.tif", of(data="".join(f'<TiffData FirstC="{i}" IFD="0" PlaneCount="1"><UUID FileName="other{i}.tif">urn:uuid:1</UUID></TiffData>' for i in range(3))), "other files"
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(12))
    yield "billion laughs.tif", described(p, f"<?xml version='1.0'?><!DOCTYPE OME [{laughs}]><OME xmlns='x'><Image ID='&l11;'></Image></OME>"), "OME-XML"
    yield "entity of a file.tif", described(p, xml(p).replace("<OME ", '<!DOCTYPE OME [<!ENTITY x SYSTEM "file:///etc/hostname">]><OME ', 1).replace('Name="DNA"', 'Name="&x;"')), "OME-XML"
    yield "50 MB of XML.tif", described(p, xml(p).replace("</OME>", "<!--" + "x" * (50 << 20) + "--></OME>")), "bytes"
    yield "XML without end.tif", described(p, xml(p)[:-40]), "OME-XML"
    yield "XML of a deep tree.tif", described(p, '<OME xmlns="x">' + "<a>" * 1000000), ""
    yield "XML in UTF-16.tif", described(p, (BYTE, xml(p).encode("utf-16"))), ""
    yield "XML in Latin-1.tif", described(p, (2, xml(p).replace("UTF-8", "ISO-8859-1").encode("latin-1") + b"\0")), "UTF-8"
    yield "XML not UTF-8.tif", described(p, xml(p).replace("DNA", "D?A").encode().replace(b"D?A", b"D\xffA") + b"\0"), "UTF-8"
    yield "page of another size.tif", tiff([*pages(p[:2], xml(p)), gray(p[2, :40].copy())]), ""
    yield "page of another depth.tif", tiff([*pages(p[:2], xml(p)), gray(p[2].astype(np.uint8))]), ""
    for n, text in (("images of a thousand millions", "images=1000000000"), ("negative count", "channels=-3"), ("zero channels", "channels=0"), ("count that overflows", "channels=99999999999999999999"),
                    ("product that overflows", "images=3\nchannels=4096\nslices=4096\nframes=4096"), ("no number", "channels=three"), ("5 channels of 3 images", "images=3\nchannels=5")):
        yield f"ImageJ, {n}.tif", tiff([imagej_page(c, imagej_text(text), unit=False) for c in p], ">"), "ImageJ"
    yield "ImageJ, 2 images of 3 pages.tif", tiff([imagej_page(c, imagej_text("images=2", "channels=2"), unit=False) for c in p], ">"), "2 planes"
    yield "ImageJ, one image of 3 pages.tif", tiff([imagej_page(c, imagej_text(), unit=False) for c in p], ">"), "1 plane"
    yield "tifffile, pages written one by one.tif", tiff([gray(c, t270=json.dumps({"shape": [h, w]})) for c in p]), "pages"
    one = imagej_page(p[0], imagej_text("images=4000", "channels=16", "slices=250"), unit=False)
    yield "ImageJ, one directory of 4000 planes that are not there.tif", tiff([one], ">"), ""
    for n, doc in (("shape of a thousand millions", {"shape": [10**9, h, w], "axes": "CYX"}), ("negative shape", {"shape": [-3, h, w], "axes": "CYX"}), ("shape of other pages", {"shape": [5, h, w], "axes": "CYX"}),
                   ("axes too few", {"shape": [3, h, w], "axes": "YX"}), ("axes twice", {"shape": [3, 1, h, w], "axes": "CCYX"}), ("unknown axis", {"shape": [3, h, w], "axes": "RYX"})):
        yield f"tifffile, {n}.tif", described(p, json.dumps(doc)), ""
    yield "tifffile, a deep tree.tif", described(p, '{"shape": ' + "[" * 100000), ""
    yield "pages without a word.tif", tiff([gray(c) for c in p]), "pages"
    yield "pages in a circle.tif", circle(whole), ""
    yield "70000 pages.tif", many(p[0], 70000), ""
    yield "17 channels.tif", tiff([color(np.repeat(p[0][:, :, None], 17, 2))]), "17"
    yield "65535 samples.tif", tiff([gray(p[0], t258=16, t277=65535)]), ""
    yield "samples of several depths.tif", tiff([color(yxc(p), t258=(SHORT, [16, 8, 16]))]), ""
    yield "alpha that is not opaque.tif", tiff([color(np.repeat(p[0].astype(np.uint8)[:, :, None], 4, 2), t262=2, t338=(SHORT, [2]))]), "alpha"
    for n, bomb in bombs():
        yield n, bomb, ""
    yield "blocks that are shared.tif", shared(p), ""
    yield "zip.tif", b"PK\x03\x04" + bytes(200), ""
    yield "PNG of 60000x60000.png", png_of(60000, 60000, 16, 6, b""), "max_pixels"
    yield "PNG that unpacks to 1 GB.png", png_of(48, 48, 8, 0, packed(1 << 30)), ""
    yield "PNG whose text unpacks to 1 GB.png", png_of(48, 48, 8, 0, zlib.compress(bytes(10)), b"zTXt", b"a\0\0" + packed(1 << 30)), ""


def odd(p):
    """Bytes of files that are read although something in them is odd, by name."""
    plain = pages(p, xml(p))
    sized = lambda x: described(p, xml(p, more=f'PhysicalSizeX="{x}" PhysicalSizeY="{x}"'))
    yield "size of a pixel 0.tif", sized("0")
    yield "size of a pixel negative.tif", sized("-1")
    yield "size of a pixel NaN.tif", sized("NaN")
    yield "size of a pixel infinite.tif", sized("INF")
    yield "SignificantBits 0.tif", described(p, xml(p, more='SignificantBits="0"'))
    yield "SignificantBits 33.tif", described(p, xml(p, more='SignificantBits="33"'))
    yield "SignificantBits negative.tif", described(p, xml(p, more='SignificantBits="-5"'))
    yield "SignificantBits 2, and pixels above.tif", described(p, xml(p, more='SignificantBits="2"'))
    yield "MaxSampleValue 3, and pixels above.tif", good(p, t281=3)
    yield "MaxSampleValue 0.tif", good(p, t281=0)
    yield "bytes behind the end.tif", tiff(plain) + bytes(5000)
    yield "unknown tags.tif", good(p, t40000=(LONG, [1] * 5000), t50000="a")


def packed(size):
    """Zeros, deflated."""
    c = zlib.compressobj(9)
    block = bytes(1 << 24)
    return b"".join([c.compress(block) for _ in range(size >> 24)] + [c.flush()])


def bombs():
    zeros = packed(1 << 30)
    for n, side, samples in (("60000x60000x16 of 1 MB.tif", 60000, 16), ("6000x6000x16 of 4 MB.tif", 6000, 16)):
        tags = {256: side, 257: side, 258: (SHORT, [16] * samples), 259: 8, 262: 1, 277: samples, 278: side, 338: (SHORT, [0] * (samples - 1))}
        yield n, tiff([(tags, [zeros])])
    tags = {256: 48, 257: 48, 258: 16, 259: 8, 262: 1, 277: 1, 278: 48}
    yield "48x48 that unpacks to 1 GB.tif", tiff([(tags, [zeros])])


def shared(p):
    """16 planar samples of 9000x9000, all in one block."""
    tags = {256: 9000, 257: 9000, 258: (SHORT, [8] * 16), 259: 8, 262: 1, 277: 16, 278: 9000, 284: 2, 338: (SHORT, [0] * 15)}
    block = zlib.compress(bytes(81000000))
    data = bytearray(tiff([({**tags, 273: (LONG, [8] * 16), 279: (LONG, [len(block)] * 16)}, [])], head=block))
    return bytes(data)


def circle(data):
    """The last directory of a file leads to the first one."""
    data = bytearray(data)
    first = at = int.from_bytes(data[4:8], "little")
    while True:
        link = at + 2 + 12 * int.from_bytes(data[at:at + 2], "little")
        at = int.from_bytes(data[link:link + 4], "little")
        if at == 0:
            data[link:link + 4] = first.to_bytes(4, "little")
            return bytes(data)


def many(plane, number):
    """A page, and directories of one tag without end."""
    data = bytearray(tiff([gray(plane)]))
    at = int.from_bytes(data[4:8], "little")
    link = at + 2 + 12 * int.from_bytes(data[at:at + 2], "little")
    data[link:link + 4] = len(data).to_bytes(4, "little")
    for i in range(number):
        following = len(data) + 18 if i < number - 1 else 0
        data += struct.pack("<HHHIII", 1, 254, 4, 1, 0, following)
    return bytes(data)


def png_of(width, height, bits, kind, data, *more):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*more) for _ in more[:1]) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def numbers(p):
    """Floats with --range, which are refused: name, array."""
    ramp = np.linspace(0, 1, p[0].size, dtype=np.float32).reshape(p[0].shape)
    for name, value in (("NaN", np.nan), ("infinite", np.inf), ("above", 1.001), ("below", -0.001)):
        bad = ramp.copy()
        bad[5, 7] = value
        yield f"{name}.tif", tiff([gray(bad, t339=3)])
    yield "good.tif", tiff([gray(ramp, t339=3)])
