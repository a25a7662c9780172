"""Profiles as ``go tool pprof``, Pyroscope and Parca read and write them (``profile.proto``).

The one format that all profilers share. A profile written here opens in any of those tools beside
that of a Go service, and `read` takes what a Go service serves under ``/debug/pprof``.

Two things make it awkward. Everything is a number that points elsewhere (sample to location, to
function, to string), and Go writes the strings last: nothing can be understood before all is read.
And whoever can send a profile can send a small one that grows without bounds. So there are limits
on the bytes after decompression, on the entries and on the frames; beyond one of them the profile
is refused. What is damaged is read as far as it goes, with a line in ``Profile.warnings`` for each
kind of damage.

Source of the semantics: ``proto/profile.proto`` of google/pprof. Writing and reading cost O(bytes);
reading is 0.4 of the processor time that ``go tool pprof -top`` takes for the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.formats._pprof import profile_of, unzip

if TYPE_CHECKING:
    from snowshed.model import Profile

__all__ = ["AT_MOST", "read", "write"]

AT_MOST = 64 << 20
"""Bytes that a profile may have once it is decompressed, unless `read` is told otherwise."""


def write(profile: Profile) -> bytes:
    """Return ``profile`` as gzip'd bytes: the same bytes for the same profile.

    Each frame becomes a location of its own, with an address that depends on nothing but the frame,
    so that two profiles can be compared. Text that is not valid Unicode is written with escapes.
    ``Profile.warnings`` are not written.

    Args:
        profile: what to write; its samples stay in order and are not merged.

    Returns:
        The body for a ``/debug/pprof`` endpoint, or the content of a ``.pb.gz`` file.

    Raises:
        ValueError: a sample has not one value for each sample type, or a number needs more than 64
            bits.
    """
    # Here and not above: reading starts faster without them.
    import gzip  # noqa: PLC0415

    from snowshed.formats._pprof import message_of  # noqa: PLC0415

    # The fastest level, as in Go: a service pays for it while it serves.
    return gzip.compress(message_of(profile), compresslevel=1, mtime=0)


def read(data: bytes, *, at_most: int = AT_MOST) -> Profile:
    """Return the profile in ``data``, gzip'd or not.

    Inlined calls become frames of their own, the innermost first. A location without a known
    function becomes a frame named after its address. Mappings, columns and the lines where
    functions start are not kept.

    Args:
        data: a whole profile.
        at_most: bytes that it may have once it is decompressed.

    Returns:
        All that could be read; what could not, and at which byte, is in its ``warnings``.

    Raises:
        FormatError: no part of it is a profile, or it is larger than allowed: more than ``at_most``
            bytes, 2 million entries or 20 million frames.
    """
    raw, warnings = unzip(data, at_most)
    return profile_of(raw, warnings)
