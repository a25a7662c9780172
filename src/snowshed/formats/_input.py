"""What somebody hands in, before it is known what it is: a file, or the answer of a service.

It may be compressed, twice if a server has compressed what was compressed, and a log that was cut
while it was written to begins with zeros. Its name says nothing, so the first bytes decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from snowshed.errors import FormatError
from snowshed.formats._goroutines._encoding import MARKS
from snowshed.formats._pprof import unzip

__all__ = ["AT_MOST", "BEGINNING", "GZIPPED", "called", "is_text", "is_trace", "plain"]

# A dump of a million goroutines has 500 MB.
AT_MOST = 1 << 30
"""Bytes that an input may have once it is decompressed, unless who reads it is told otherwise."""
BEGINNING = 4096
"""So many bytes tell what it is."""
GZIPPED = b"\x1f\x8b"


@contextmanager
def called(source: str) -> Iterator[None]:
    """Have what is refused within say ``source``, as the user calls it, and not a format."""
    try:
        yield
    except FormatError as error:
        if error.format == source:
            raise
        raise FormatError(source, error.where, error.what) from error


def plain(data: bytes, at_most: int) -> tuple[bytes, list[str]]:
    """Return ``data``, decompressed, and what was wrong with it.

    Raises:
        FormatError: there is more than ``at_most`` bytes of it.
    """
    raw, warnings = unzip(data, at_most)
    if raw.startswith(GZIPPED):
        raw, more = unzip(raw, at_most)
        warnings += more
    return raw.lstrip(b"\0") if raw.startswith(b"\0") else raw, warnings


def is_trace(beginning: bytes) -> bool:
    """Tell from 16 bytes, decompressed, whether this is a trace of Go, of whatever version."""
    return beginning.startswith(b"go 1.") and b" trace\0" in beginning[:16]


def is_text(beginning: bytes) -> bool:
    """Tell text from protobuf, which has bytes below the space from its start."""
    if beginning.startswith(MARKS):
        return True
    odd = sum(byte < 32 and byte not in b"\t\n\r\x1b" for byte in beginning)
    return odd * 100 <= len(beginning)
