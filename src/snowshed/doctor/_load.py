"""What a file, or the answer of a service, holds: told by its content.

Names lie. A ``goroutine.txt`` may be a gzip'd profile, a crash is somewhere in a log, and what a
service answers with status 200 may be a page that asks for a password. So the first bytes decide,
and what is none of ours is refused in one line that says what it seems to be.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from snowshed.doctor._contention import is_contention
from snowshed.errors import FormatError
from snowshed.formats import goroutines, pprof
from snowshed.formats._input import (
    AT_MOST,
    BEGINNING,
    GZIPPED,
    called,
    is_text,
    is_trace,
    plain,
)
from snowshed.formats._uncollected import uncollected
from snowshed.model import GoroutineDump, Profile

if TYPE_CHECKING:
    from snowshed.doctor._tasks import TaskReport
    from snowshed.formats.gotrace import Readable
    from snowshed.model import GoTrace

__all__ = ["Content", "Loaded", "load", "load_file", "not_wanted"]

ACCEPTED = (
    "goroutine and goroutineleak profiles (protobuf, debug=1, debug=2), block and mutex profiles, "
    "execution traces of Go, crash dumps, the JSON of /debug/snowshed/tasks and waits"
)
_SAYS_LITTLE = (
    "debug=1 does not say what most goroutines wait for; the profile without debug does, "
    "and costs the service less than debug=2"
)
# What a profile is that says nothing of goroutines, by one of its types.
_OTHERS = {
    "cpu": "a CPU profile",
    "inuse_space": "a heap profile",
    "alloc_space": "a heap profile",
    "threadcreate": "a profile of new threads",
}
# What tells what a file is, also where it is gzip'd.
_HEAD = 64 << 10
_PIECE = 1 << 20
_GO_CUTS_AT = 64 << 20
_GZIP = 31  # zlib's word for: with the header of gzip
_TITLE = re.compile(r"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)
# One of them is in each text with goroutines or counts.
_IN_TEXTS = (b"goroutine", b" @ 0x")
_MARKUP = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<body")

Content: TypeAlias = "GoroutineDump | Profile | TaskReport | GoTrace"


@dataclass(frozen=True, slots=True)
class Loaded:
    """One input, read.

    Attributes:
        source: where it came from, as the user calls it.
        content: what it holds.
        warnings: what could not be read of it, and where.
        tells_states: whether it says what goroutines wait for, or shows the calls that tell.
    """

    source: str
    content: Content
    warnings: tuple[str, ...] = ()
    tells_states: bool = True


def load(source: str, data: bytes, *, at_most: int = AT_MOST) -> Loaded:
    """Return what ``data`` holds, gzip'd or not.

    Args:
        source: what to call it in messages.
        data: all of it.
        at_most: bytes that it may have once it is decompressed.

    Raises:
        FormatError: nothing of it can be diagnosed, or it is too large. ``format`` is ``source``.

    Cost: O(bytes); what reads it says how much.
    """
    with called(source):
        raw, warnings = plain(data, at_most)
        with uncollected():
            content = _read(source, raw)
    warnings += content.warnings
    tells_states = (
        not isinstance(content, Profile) or not is_text(raw[:BEGINNING]) or is_contention(content)
    )
    if not tells_states:
        warnings.append(_SAYS_LITTLE)
    if isinstance(content, GoroutineDump) and len(raw) == _GO_CUTS_AT:
        warnings.append("it has the 64 MiB at which Go cuts a dump off: there were more goroutines")
    return Loaded(source, content, tuple(warnings), tells_states)


def load_file(
    source: str,
    file: Readable,
    *,
    at_most: int = AT_MOST,
    progress: Callable[[int], object] | None = None,
) -> Loaded:
    """Return what an open file holds; a trace, which may be far larger than memory, piece by piece.

    Args:
        source: what to call it in messages.
        file: gives the bytes, gzip'd or not.
        at_most: bytes that it may have once it is decompressed; of a trace 4 GiB are read.
        progress: called about once for each second of a trace with the bytes read, decompressed.

    Raises:
        FormatError: as `load`.
    """
    head = file.read(_HEAD)
    if not is_trace(_unzipped(head)):
        rest = bytearray(head)
        while len(rest) <= at_most and (piece := file.read(min(_PIECE, at_most + 1 - len(rest)))):
            rest += piece
        return load(source, bytes(rest), at_most=at_most)
    with called(source):
        trace = _read_trace(_Again(head, file), progress)
    return Loaded(source, trace, trace.warnings)


def not_wanted(loaded: Loaded) -> str:
    """Return what was loaded that is no look at a process, and what would be one."""
    types = [each.type for each in getattr(loaded.content, "sample_types", ()) if each.type]
    kind = next((_OTHERS[each] for each in types if each in _OTHERS), None)
    if kind is None:
        kind = f"a profile of {', '.join(types)}" if types else "a profile of nothing"
    return f"{kind}, which says nothing of goroutines: give the one at /debug/pprof/goroutine"


class _Again:
    """A file of which the beginning was read already."""

    def __init__(self, head: bytes, file: Readable) -> None:
        self._head = head
        self._file = file

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes."""
        if not self._head:
            return self._file.read(size)
        piece, self._head = self._head[:size], self._head[size:]
        return piece


def _unzipped(head: bytes) -> bytes:
    """Return the beginning of what is in a file that begins with ``head``."""
    if not head.startswith(GZIPPED):
        return head
    try:
        return zlib.decompressobj(_GZIP).decompress(head, BEGINNING)
    except zlib.error:
        return b""


def _read(source: str, raw: bytes) -> Content:
    beginning = raw[:BEGINNING]
    if not raw.strip():
        raise FormatError(source, "byte 0", f"empty; accepted: {ACCEPTED}")
    if beginning.lstrip().lower().startswith(_MARKUP):
        # A page may show a dump: of a ticket, or of a log.
        return _of_text(raw, FormatError(source, "byte 0", _about_page(beginning)))
    if is_trace(beginning):
        return _read_trace(io.BytesIO(raw))
    if beginning.lstrip().startswith(b"{"):
        return _of_json(raw)
    if is_text(beginning):
        return goroutines.read(raw)
    try:
        return pprof.read(raw, at_most=len(raw))
    except FormatError as error:
        return _of_text(raw, error)


def _of_json(raw: bytes) -> TaskReport | GoroutineDump | Profile:
    """Read a document of ours, or a log of JSON in which there is a stack."""
    try:
        from snowshed.doctor._tasks._read import read as read_tasks  # noqa: PLC0415 - only for JSON

        return read_tasks(raw)
    except FormatError as error:
        return _of_text(raw, error)


def _of_text(raw: bytes, otherwise: FormatError) -> GoroutineDump | Profile:
    """Read a log that does not look like one: with records of JSON, or some bytes that are none."""
    if not any(each in raw for each in _IN_TEXTS):
        raise otherwise
    try:
        return goroutines.read(raw)
    except FormatError:
        raise otherwise from None


def _read_trace(file: Readable, progress: Callable[[int], object] | None = None) -> GoTrace:
    from snowshed.formats import gotrace  # noqa: PLC0415 - takes long, and few inputs are traces

    return gotrace.read(file, progress=progress)


def _about_page(beginning: bytes) -> str:
    title = _TITLE.search(beginning.decode(errors="replace"))
    called = f" with the title {' '.join(title[1].split())!r}" if title else ""
    return (
        f"a web page{called}, and no profile: perhaps one to sign in at, or another port; "
        "Go serves profiles below /debug/pprof"
    )
