r"""Dumps that were collected as JSON: a record for each line, or one that has all of it.

Docker's ``json-file`` driver, ``journalctl -o json`` and most collectors write a line of JSON for
each line that a program has printed. And a program that logs JSON itself has a whole stack in one
field, its line breaks as ``\n``.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict

from snowshed.formats._goroutines._encoding import line_ends

__all__ = ["without_records"]

# Where collectors put what was printed: Docker and fluent-bit, journald, Google's, Loki's.
_FIELDS = ("log", "message", "MESSAGE", "msg", "textPayload", "line")
_STREAMS = ("stream", "_TRANSPORT")
# A stack in a field of any name, also in a line that is no JSON otherwise, and at most so much of
# what stands before it: the message of a panic.
_REST = r'(?:[^"\\\n]++|\\[^\n])*+'
_STACK = re.compile(rf'goroutine \d{{1,19}}(?: gp=\w{{1,20}} m=[^"\[\n]{{1,60}})? \[{_REST}')
# Only where one of the words is: the pattern begins with what is in any line.
_COUNT_WORDS = (" profile: total ", "--- ", " @ 0x")
_COUNTS = re.compile(
    rf"(?:\b\w{{1,100}} profile: total \d|--- (?:contention|mutex):|\b\d{{1,19}} @ 0x){_REST}"
)
_BEFORE_AT_MOST = 1000


def without_records(text: str) -> str:
    """Return what the records in ``text`` say, and other lines behind; as it is if there are none.

    What came by different streams is kept apart: what a program prints on stdout meanwhile would
    stand in the middle of a goroutine.
    """
    streams: dict[str, list[str]] = defaultdict(list)
    others: list[str] = []
    for line in text.split("\n"):
        found = _record(line)
        if found is None:
            others.append(line)
        else:
            streams[found[0]].append(found[1])
    if not streams:
        return text
    return line_ends("\n".join([*map(_joined, streams.values()), *filter(None, others)]))


def _joined(pieces: list[str]) -> str:
    # Docker keeps the line break, and cuts a long line in two, of which the first has none.
    kept = any(piece.endswith("\n") for piece in pieces)
    return ("" if kept else "\n").join(pieces)


def _record(line: str) -> tuple[str, str] | None:
    """Return the stream and the text of a line that is a record; None of another."""
    stack = _stack_in(line)
    if stack is not None:
        return "", stack
    at = line.find("{")
    if at < 0 or not line.rstrip().endswith("}"):
        return None
    try:
        record = json.loads(line[at:])
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    said = next((_said(record[name]) for name in _FIELDS if name in record), None)
    stream = next((str(record[name]) for name in _STREAMS if name in record), "")
    return None if said is None else (stream, said)


def _said(value: object) -> str | None:
    if isinstance(value, str):
        return value
    # journald writes what it takes for no text as the numbers of its bytes.
    if isinstance(value, list) and all(isinstance(n, int) and 0 <= n < 256 for n in value):
        return bytes(value).decode(errors="replace")
    return None


def _stack_in(line: str) -> str | None:
    """Return the text of the field that has a whole stack in it, without its escapes."""
    found = _STACK.search(line)
    if found is None and any(word in line for word in _COUNT_WORDS):
        found = _COUNTS.search(line)
    # One line is a record of a collector, whose next lines have the rest.
    if found is None or "\\n" not in found[0].removesuffix("\\n"):
        return None
    for said in (_before(line, found.start()), ""):
        try:
            return str(json.loads(f'"{said}{found[0]}"', strict=False)) + "\n"
        except ValueError:
            continue
    return None


def _before(line: str, at: int) -> str:
    """Return what stands in the same quotes before ``at``."""
    low = max(at - _BEFORE_AT_MOST, 0)
    quote = line.rfind('"', low, at)
    while quote > low and line[quote - 1] == "\\":
        quote = line.rfind('"', low, quote)
    return line[quote + 1 : at] if quote >= 0 else ""
