"""What is known from earlier runs: most of a tree is as it was when it was last looked at.

Known is what was found in a unit, by a digest of the names and the content of its files, and of the
program. All of that is one file for each version of the program: read at once when a run begins,
and put in place of the old one at its end, so that runs at the same time see one or the other. A
cache that cannot be read is empty, and one that cannot be written is not; that is told, and no
failure.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import msgspec

__all__ = ["KEPT", "MOST", "Cache"]

DAY = 86_400
KEPT = 30
"""Days after which what was not asked for is forgotten."""
MOST = 200_000
"""Units that are known at most: the ones asked for last."""

VERSIONS = 4
"""Versions of the program of which something is known: to change a rule makes a new one."""

_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of snowshed.\n"

_Entries = dict[bytes, tuple[int, bytes]]


class Cache:
    """What is known, by digest.

    Args:
        folder: where it is kept; None is nowhere.
        wall: tells the time, in seconds from any: what nobody asks for is forgotten by days.
    """

    def __init__(self, folder: Path | None, *, wall: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._today = int(wall() // DAY)
        self._file = folder / "lint" / f"{_program()}.msgpack" if folder else None
        self._entries = _read(self._file) if self._file else {}
        self._new: _Entries = {}

    def get(self, key: bytes) -> bytes | None:
        """Return what is known of ``key``; None if that is nothing."""
        known = self._entries.get(key)
        if known is None:
            return None
        day, value = known
        if self._today - day > KEPT // 4:
            # Seldom enough that a run without news mostly writes nothing.
            self._new[key] = (self._today, value)
        return value

    def put(self, key: bytes, value: bytes) -> None:
        """Remember ``value`` for ``key``."""
        if self._file is not None:
            self._new[key] = (self._today, value)

    def save(self) -> str:
        """Write what is new, with what other runs have written; return why not, if it cannot be."""
        if self._file is None or self._folder is None or not self._new:
            return ""
        entries = {**_read(self._file), **self._new}
        fresh = sorted(
            ((day, key) for key, (day, _) in entries.items() if self._today - day <= KEPT),
            reverse=True,
        )
        kept = {key: entries[key] for _, key in fresh[:MOST]}
        self._new.clear()
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            _mark(self._folder)
            _replace(self._file, msgspec.msgpack.encode(kept))
        except OSError as error:
            return error.strerror or str(error)
        # Another run may be at it, too.
        with suppress(OSError):
            self._prune()
        return ""

    def _prune(self) -> None:
        """Take away what older versions of the program have left, but the newest of it."""
        assert self._file is not None
        others = [path for path in self._file.parent.glob("*.msgpack") if path != self._file]
        by_age = sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
        for path in by_age[VERSIONS - 1 :]:
            path.unlink()


def _read(file: Path) -> _Entries:
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=_Entries)
    except (OSError, msgspec.MsgspecError, ValueError):
        return {}


def _mark(folder: Path) -> None:
    """Tell programs that make copies, and git, that nobody needs what is in ``folder``."""
    for name, content in (("CACHEDIR.TAG", _TAG), (".gitignore", b"*\n")):
        if not (folder / name).exists():
            _replace(folder / name, content)


def _replace(file: Path, content: bytes) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


@cache
def _program() -> str:
    """Return a digest of all that decides what is found, the files apart.

    That is not the version alone: whoever changes a rule wants to see what comes of it.
    """
    digest = blake2b(f"{sys.version_info[:2]}".encode(), digest_size=12)
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(here)} {len(content)}\0".encode())
        digest.update(content)
    for name in ("tree_sitter", "tree_sitter_go"):
        spec = find_spec(name)
        # To ask for versions properly takes longer than to look at a small tree. Nothing counts
        # that differs on the next machine: a cache may be handed from one run in CI to another.
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for known in sorted(Path(folder).parent.glob(f"{name}-*.dist-info")):
                digest.update(f"\0{known.name}".encode())
    return digest.hexdigest()
