"""The shape of a path: its ids taken out, so that many paths become one route.

Before a framework has told the template of a path, and where none ever does, ``/users/4711/orders``
has to be recognised as ``/users/{}/orders``. This is a guess. A wrong one merges two routes, or
parts one, and the table of routes is bounded anyway.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["shape_of"]

SEGMENTS_AT_MOST = 8
LONGEST_WORD = 64
LONGEST_WORD_WITH_A_DIGIT = 24
FEWEST_DIGITS_OF_AN_ID = 3
_WORD = re.compile(r"[A-Za-z_.~-][\w.~-]*", re.ASCII)
_HEX = re.compile(r"(?=.*\d)[0-9A-Fa-f]{8,}")


def shape_of(segments: Sequence[str]) -> str:
    """Return a path with ``{}`` for what looks like an id: digits, hex, UUIDs, long tokens.

    At most 8 segments are told apart; ``*`` stands for more.
    """
    parts = ["{}" if _is_id(each) else each for each in segments[:SEGMENTS_AT_MOST]]
    if len(segments) > SEGMENTS_AT_MOST:
        parts.append("*")
    return "/" + "/".join(parts)


def _is_id(segment: str) -> bool:
    if not segment:
        return False
    if len(segment) > LONGEST_WORD or not _WORD.fullmatch(segment) or _HEX.fullmatch(segment):
        return True
    digits = sum(map(str.isdigit, segment))
    too_long = digits > 0 and len(segment) > LONGEST_WORD_WITH_A_DIGIT
    return too_long or digits >= FEWEST_DIGITS_OF_AN_ID
