"""Dumps that were collected line by line, with a time and a name in front of each line.

``journalctl``, ``docker compose logs`` and ``kubectl logs --timestamps`` put something in front of
every line, and a ticket indents what is quoted. What stands there differs from line to line in its
digits only. So it is found where it is followed by the header of a goroutine, a call and its
place, all three behind the same but for the digits, and then it is taken off everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["without_fronts"]

_HEADER = re.compile(
    r"goroutine \d{1,19}(?: gp=\S{1,20} m=\S{1,20}(?: mp=\S{1,20})?)?"
    r" \[[^\]\n]{0,200}\](?: \{[^\n]{0,1000}\})?:\n"
)
_CALL = re.compile(r"\S[^\n]{0,1000}\)\n")
_PLACE = re.compile(r"(?:\t| {2})[^\n]{0,1000}:\d")
_LONGEST = 300
# Looked at; all have the same in front, or they are not what is meant.
_HEADERS_AT_MOST = 20


def without_fronts(text: str) -> str:
    """Return ``text`` without what stands in front of each line; as it is if nothing does."""
    for count, header in enumerate(_HEADER.finditer(text)):
        if count == _HEADERS_AT_MOST:
            break
        for front in _fronts(text, header):
            call = front.match(text, header.end())
            call = call and _CALL.match(text, call.end())
            place = call and front.match(text, call.end())
            if place and _PLACE.match(text, place.end()):
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
    same = r"\d+".join(map(re.escape, re.split(r"\d+", bare)))
    return re.compile(rf"^{same}(?:{re.escape(front[len(bare) :])}|$)", re.MULTILINE)
