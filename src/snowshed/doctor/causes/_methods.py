"""Takes the name of a function in Go apart: the type whose method it is, what it is written in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model import Frame

__all__ = ["receiver_of", "source_of"]

_NAMES_AT_MOST = 1 << 15
_RECEIVER = re.compile(r"(.+?\.\(\*[^()]+\))\.")
_CLOSURE = re.compile(r"\.(?:func\d+|gowrap\d+|deferwrap\d+|\d+).*")


def receiver_of(frame: Frame) -> str | None:
    """Return the type whose method ``frame`` is in, or a function inside that; None: in none."""
    return _receiver_in(frame.function)


def source_of(frame: Frame) -> str:
    """Return the function that is written at the top level: closures stand inside one."""
    return _source_in(frame.function)


# By their names, which are found faster than frames are.
@lru_cache(maxsize=_NAMES_AT_MOST)
def _receiver_in(function: str) -> str | None:
    match = _RECEIVER.match(function)
    return match[1] if match else None


@lru_cache(maxsize=_NAMES_AT_MOST)
def _source_in(function: str) -> str:
    head, dot, rest = function.rpartition("/")
    return head + dot + _CLOSURE.sub("", rest)
