"""A trace as a stream of bytes: plain or gzip'd, from a file or a socket, as far as it goes."""

from __future__ import annotations

import zlib
from typing import Protocol

from snowshed.formats._wire import Broken

__all__ = ["Readable", "Source"]

_MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's word for: with the header and the checksum of gzip
_PIECE = 256 << 10
_LONGEST = 10


class Readable(Protocol):
    """Whatever gives bytes: an open file, the body of a response, `io.BytesIO`."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""


class Source:
    """Gives the bytes of a trace, decompressed, one after the other.

    Attributes:
        why: what ended it too early; empty while nothing has.
    """

    def __init__(self, file: Readable, at_most: int) -> None:
        self.why = ""
        self._file = file
        self._left = at_most
        self._at_most = at_most
        self._buffer = b""
        self._at = 0
        self._passed = 0
        self._packed = b""
        self._stream: zlib._Decompress | None = None
        first = b""
        while len(first) < len(_MAGIC) and (piece := file.read(_PIECE)):
            first += piece
        if first.startswith(_MAGIC):
            self._stream = zlib.decompressobj(_GZIP)
            self._packed = first
        else:
            self._buffer = self._within(first)

    @property
    def at(self) -> int:
        """Return the offset of the next byte in the decompressed trace."""
        return self._passed + self._at

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes; fewer only where the trace ends."""
        end = self._at + size
        if end > len(self._buffer):
            self._fill(size)
            end = self._at + size
        taken = self._buffer[self._at : end]
        self._at += len(taken)
        return taken

    def number(self) -> int:
        """Read a number of variable length.

        Raises:
            Broken: the trace ends in it, or it has more than 64 bits.
        """
        number = shift = 0
        for _ in range(_LONGEST):
            if self._at == len(self._buffer):
                self._fill(1)
                if self._at == len(self._buffer):
                    raise Broken(self.at, "expected the rest of a number, found the end")
            byte = self._buffer[self._at]
            self._at += 1
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
        raise Broken(self.at, "expected a number of at most 10 bytes, found a longer one")

    def _fill(self, size: int) -> None:
        """Have at least ``size`` bytes in the buffer, if there are as many."""
        pieces = [self._buffer[self._at :]]
        have = len(pieces[0])
        self._passed += self._at
        self._at = 0
        while have < size and (piece := self._more()):
            pieces.append(piece)
            have += len(piece)
        self._buffer = b"".join(pieces)

    def _more(self) -> bytes:
        """Return some more bytes; none at the end, or once there is a reason in ``why``."""
        if self.why:
            return b""
        if self._stream is None:
            return self._within(self._file.read(_PIECE))
        while not self._stream.eof:
            packed = self._packed or self._file.read(_PIECE)
            if not packed:
                self.why = "the gzip data ends too early"
                break
            try:
                # Of a small file that grows, a piece at a time.
                piece = self._stream.decompress(packed, _PIECE)
            except zlib.error:
                self.why = "the gzip data is damaged"
                break
            self._packed = self._stream.unconsumed_tail
            if piece:
                return self._within(piece)
        return b""

    def _within(self, piece: bytes) -> bytes:
        """Cut ``piece`` off where the limit is."""
        if len(piece) > self._left:
            self.why = f"more than {self._at_most} bytes; allow more with at_most"
            piece = piece[: self._left]
        self._left -= len(piece)
        return piece
