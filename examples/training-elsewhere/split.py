"""Which images are held out for validation, and which are drawn: as `exemplar train` decides.

A hash of an image's id decides, and nothing else: XXH3 of 64 bits with a seed (Yann Collet,
xxHash). Only the standard library is used; the tests of the project compare this file with
its own split over ids of all lengths.
"""

import struct

SPLIT_SALT = 0x65786D706C721
DRAW_SALT = 0x65786D706C723


def held_out(image_id: bytes, share: float) -> bool:
    """Reports whether an image is held out, where a share of all is."""
    return (xxh3(image_id, SPLIT_SALT) >> 11) / (1 << 53) < share


def draw(image_id: bytes, seed: int) -> int:
    """Returns the number that decides about --limit: the images with the smallest are used."""
    return xxh3(image_id, seed ^ DRAW_SALT)


MASK = (1 << 64) - 1
P32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
P64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)


def u32(data: bytes, at: int = 0) -> int:
    return struct.unpack_from("<I", data, at)[0]


def u64(data: bytes, at: int = 0) -> int:
    return struct.unpack_from("<Q", data, at)[0]


def fold(a: int, b: int) -> int:
    """Returns the product of two numbers of 64 bits, its halves combined."""
    product = a * b
    return (product & MASK) ^ (product >> 64)


def avalanche(h: int) -> int:
    h ^= h >> 37
    h = h * 0x165667919E3779F9 & MASK
    return h ^ h >> 32


def avalanche64(h: int) -> int:
    h ^= h >> 33
    h = h * P64[1] & MASK
    h ^= h >> 29
    h = h * P64[2] & MASK
    return h ^ h >> 32


def mix(data: bytes, at: int, key: int, seed: int) -> int:
    """Combines 16 bytes of the data with 16 of the secret."""
    return fold(u64(data, at) ^ (u64(SECRET, key) + seed & MASK), u64(data, at + 8) ^ (u64(SECRET, key + 8) - seed & MASK))


def xxh3(data: bytes, seed: int) -> int:
    """Returns the XXH3 of 64 bits with a seed."""
    n = len(data)
    if n <= 16:
        return short(data, n, seed)
    if n > 240:
        return long(data, n, seed)
    h = n * P64[0]
    if n <= 128:
        for i in range((n - 1) // 32 + 1):
            h += mix(data, 16 * i, 32 * i, seed) + mix(data, n - 16 * (i + 1), 32 * i + 16, seed)
        return avalanche(h & MASK)
    for i in range(8):
        h += mix(data, 16 * i, 16 * i, seed)
    h = avalanche(h & MASK)
    for i in range(8, n // 16):
        h += mix(data, 16 * i, 16 * (i - 8) + 3, seed)
    return avalanche(h + mix(data, n - 16, 136 - 17, seed) & MASK)


def short(data: bytes, n: int, seed: int) -> int:
    if n > 8:
        low = u64(data) ^ ((u64(SECRET, 24) ^ u64(SECRET, 32)) + seed & MASK)
        high = u64(data, n - 8) ^ ((u64(SECRET, 40) ^ u64(SECRET, 48)) - seed & MASK)
        swapped = int.from_bytes(low.to_bytes(8, "little"), "big")
        return avalanche(n + swapped + high + fold(low, high) & MASK)
    if n > 3:
        seed ^= int.from_bytes((seed & 0xFFFFFFFF).to_bytes(4, "little"), "big") << 32
        h = (u32(data, n - 4) + (u32(data) << 32)) ^ ((u64(SECRET, 8) ^ u64(SECRET, 16)) - seed & MASK)
        h ^= (h << 49 | h >> 15) & MASK ^ (h << 24 | h >> 40) & MASK
        h = h * 0x9FB21C651E98DF25 & MASK
        h ^= (h >> 35) + n
        h = h * 0x9FB21C651E98DF25 & MASK
        return h ^ h >> 28
    if n > 0:
        combined = data[0] << 16 | data[n >> 1] << 24 | data[n - 1] | n << 8
        return avalanche64(combined ^ ((u32(SECRET) ^ u32(SECRET, 4)) + seed & MASK))
    return avalanche64(seed ^ u64(SECRET, 56) ^ u64(SECRET, 64))


def long(data: bytes, n: int, seed: int) -> int:
    secret = b"".join(
        struct.pack("<QQ", u64(SECRET, i) + seed & MASK, u64(SECRET, i + 8) - seed & MASK) for i in range(0, 192, 16)
    )
    acc = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]]

    def accumulate(at: int, key: int) -> None:
        for i in range(8):
            value = u64(data, at + 8 * i)
            keyed = value ^ u64(secret, key + 8 * i)
            acc[i ^ 1] = acc[i ^ 1] + value & MASK
            acc[i] = acc[i] + (keyed & 0xFFFFFFFF) * (keyed >> 32) & MASK

    for stripe in range((n - 1) // 64):
        accumulate(64 * stripe, 8 * (stripe % 16))
        if stripe % 16 == 15:  # the end of a block of 1024 bytes
            for i in range(8):
                acc[i] = (acc[i] ^ acc[i] >> 47 ^ u64(secret, 128 + 8 * i)) * P32[0] & MASK
    accumulate(n - 64, 192 - 64 - 7)
    h = n * P64[0]
    for i in range(4):
        h += fold(acc[2 * i] ^ u64(secret, 11 + 16 * i), acc[2 * i + 1] ^ u64(secret, 19 + 16 * i))
    return avalanche(h & MASK)
