"""Dumps that were collected line by line, with a time and a name in front of each line.

``journalctl``, ``docker compose logs`` and ``kubectl logs --timestamps`` put something in front of
every line, and a ticket indents what is quoted. What stands there differs from line to line in its
digits only. So it is found where it is followed by the header of a goroutine, a call and its
place, all three behind the same but for the digits, and then it is taken off everywhere. With
counts it is found in front of a count and of the line below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

__all__ = ["without_fronts"]

_HEADER = re.compile(
    r"goroutine \d{1,19}(?: gp=\S{1,20} m=\S{1,20}(?: mp=\S{1,20})?)?"
    r" \[[^\]\n]{0,200}\](?: \{[^\n]{0,1000}\})?:\n"
)
_CALL = re.compile(r"\S[^\n]{0,1000}\)\n")
_PLACE = re.compile(r"[^\n]{1,1000}:\d")
_COUNT = re.compile(r"(?:-?\d{1,19} )?-?\d{1,19} @(?: 0x[0-9a-f]{1,16})++\n")
_BELOW_COUNT = re.compile(r"#\s{0,20}(?:0x|labels: \{)")
_LONGEST = 300
# Looked at; all have the same in front, or they are not what is meant.
_HEADERS_AT_MOST = 20


def without_fronts(text: str) -> str:
    """Return ``text`` without what stands in front of each line; as it is if nothing does."""
    for header in islice(_HEADER.finditer(text), _HEADERS_AT_MOST):
        for front in _fronts(text, header):
            call = front.match(text, header.end())
            call = call and _CALL.match(text, call.end())
            place = call and front.match(text, call.end())
            if place and _PLACE.match(text, place.end()):
                return front.sub("", text)
    counts = _COUNT.finditer(text) if " @ 0x" in text else ()
    for group in islice(counts, _HEADERS_AT_MOST):
        for front in _fronts(text, group):
            below = front.match(text, group.end())
            if below and _BELOW_COUNT.match(text, below.end()):
                return front.sub("", text)
    return text


def _fronts(text: str, header: re.Match[str]) -> Iterator[re.Pattern[str]]:
    """Yield what may stand in front of each line, by what stands before a header, longest first."""
    start = text.rfind("\n", 0, header.start()) + 1
    front = text[start : header.start()]
    if 0 < len(front) <= _LONGEST:
        # Behind it the header's line may have more: the program's own log.
        for end in range(len(front), 0, -1):
            if end == len(front) or (front[end - 1].isspace() and not front[end].isspace()):
                yield _like(front[:end])


def _like(front: str) -> re.Pattern[str]:
    """Return a pattern for the same with other digits; of an empty line the space may be cut."""
    bare = front.rstrip()
    same = r"\d+".join(map(re.escape, re.split(r"\d+", bare.lstrip(" "))))
    if same.startswith(r"\d"):
        # Numbers of lines are set to the right.
        same = f" *{same}"
    else:
        same = " " * (len(bare) - len(bare.lstrip(" "))) + same
    return re.compile(rf"^{same}(?:{re.escape(front[len(bare) :])}|$)", re.MULTILINE)
