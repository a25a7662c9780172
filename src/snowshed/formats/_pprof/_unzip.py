"""Decompression that has a limit, and keeps what came before the damage."""

from __future__ import annotations

import zlib

from snowshed.errors import FormatError

__all__ = ["unzip"]

_MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's word for: with the header and the checksum of gzip
# zlib gives nothing of a piece that has an error in it, so such a piece is done again by bytes.
_PIECE = 16 << 10


def unzip(data: bytes, at_most: int) -> tuple[bytes, list[str]]:
    """Return ``data``, decompressed if it is gzip'd, and what was wrong with it.

    Only the first member of a gzip file is read: no profiler writes another.

    Args:
        data: bytes, gzip'd or not.
        at_most: bytes that the result may have.

    Raises:
        FormatError: there is more than ``at_most`` bytes of it.
    """
    if not data.startswith(_MAGIC):
        if len(data) > at_most:
            raise _too_large(at_most, at_most)
        return data, []
    stream = zlib.decompressobj(_GZIP)
    out = bytearray()
    at = 0
    while at < len(data) and not stream.eof:
        piece = data[at : at + _PIECE]
        before = stream.copy()
        try:
            out += stream.decompress(piece, at_most - len(out) + 1)
        except zlib.error:
            at += _until_the_damage(before, piece, out, at_most)
            return bytes(out), [f"byte {at} of the gzip data: damaged from there on"]
        if len(out) > at_most:
            raise _too_large(at, at_most)
        at += len(piece)
    if not stream.eof:
        return bytes(out), [f"byte {at} of the gzip data: it ends there, too early"]
    left = len(stream.unused_data) + len(data) - at
    return bytes(out), [f"{left} bytes after the end of the gzip data: not read"] if left else []


def _until_the_damage(stream: zlib._Decompress, piece: bytes, out: bytearray, at_most: int) -> int:
    """Add to ``out`` what ``piece`` still gives; return the offset of the byte that is wrong."""
    for at in range(len(piece)):
        try:
            out += stream.decompress(piece[at : at + 1], at_most - len(out) + 1)
        except zlib.error:
            return at
        if len(out) > at_most:
            break
    return len(piece)


def _too_large(at: int, at_most: int) -> FormatError:
    return FormatError(
        "pprof",
        f"byte {at}",
        f"more than {at_most} bytes once decompressed; allow more with at_most, if you trust it",
    )
