"""Smaller pictures: the colours of a screenshot reduced to 256, which for text and flat areas nobody sees."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # by colour type: with and without transparency
MOST_COLOURS = 256


def make_smaller(path: Path) -> None:
    """Write the picture at *path* again with a palette."""
    chunks = list(_chunks(path.read_bytes()))
    width, height, depth, colour_type = struct.unpack(">IIBB", chunks[0][1][:10])
    channels = CHANNELS[colour_type]
    if depth != 8:
        raise ValueError(f"{path.name}: {depth} bits a channel")
    data = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    pixels = _pixels(data, width, height, channels)
    colours = [pixels[at : at + 3] for at in range(0, len(pixels), channels)]
    palette, index = _palette(colours)
    numbers = bytes(map(index.__getitem__, colours))
    rows = b"".join(b"\0" + numbers[width * row : width * (row + 1)] for row in range(height))
    path.write_bytes(
        SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", b"".join(palette))
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _pixels(data: bytes, width: int, height: int, channels: int) -> bytes:
    """The rows without the filters that PNG puts before compressing."""
    length = width * channels
    above, done = bytearray(length), bytearray()
    for row in range(height):
        start = row * (length + 1)
        kind, line = data[start], bytearray(data[start + 1 : start + 1 + length])
        for at in range(length) if kind else ():
            left = line[at - channels] if at >= channels else 0
            corner = above[at - channels] if at >= channels else 0
            line[at] = (line[at] + _guess(kind, left, above[at], corner)) & 255
        done += line
        above = line
    return bytes(done)


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    """What PNG's filter *kind* expects of a byte from its neighbours."""
    if kind == 1:
        return left
    if kind == 2:
        return up
    if kind == 3:
        return (left + up) // 2
    expected = left + up - corner
    return min((left, up, corner), key=lambda one: abs(expected - one))


def _palette(colours: list[bytes]) -> tuple[list[bytes], dict[bytes, int]]:
    """The most frequent colours, and for each colour the nearest of them."""
    counted = Counter(colours)
    palette = [colour for colour, _number in counted.most_common(MOST_COLOURS)]
    index = {colour: number for number, colour in enumerate(palette)}
    for colour in counted:
        if colour not in index:
            distances = [sum((a - b) ** 2 for a, b in zip(colour, one, strict=True)) for one in palette]
            index[colour] = distances.index(min(distances))
    return palette, index
