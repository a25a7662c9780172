"""Reads the goroutines of which a dump consists, nearly all: a header, calls, who made it.

Thousands stand at the same places, in the same state. So the lines with the places are looked up
together, and so is what stands in the header behind the id; of the calls only the arguments are
taken. Where anything is otherwise, nothing is read, and `snowshed.formats._goroutines._debug2` goes
through that goroutine line by line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import getitem
from typing import TYPE_CHECKING, NamedTuple

from snowshed.formats._goroutines._make import goroutine_of
from snowshed.formats._goroutines._quote import Labels, labels_in_braces
from snowshed.model import Frame

if TYPE_CHECKING:
    from snowshed.model import Goroutine, Stack

__all__ = ["CREATED", "DIGITS", "ELIDED", "Frames", "Quick", "Status", "shown", "status_in"]

CREATED = "created by "
# Numbers have at most so many: more would not be ids, and converting them costs their square.
DIGITS = 19
# Lines of stacks, and headers, that are kept to know them again: of a dump in which all are
# different there would be a second copy.
SHAPES_AT_MOST = 500_000
HEADS_AT_MOST = 10_000
_HEAD = re.compile(r"(?:gp=\S+ m=\S+(?: mp=\S+)? )?\[([^\]\n]*)\](?: \{(.*)\})?:")
# A ticket or a terminal may have made spaces of the tab, or have taken it off: then it is a place
# if it has the name of a file. The last one may have the end of a quotation behind it.
PLACE = re.compile(
    r"(?:\t| {2,}+| ?(?=\S.*(?:\.(?:go|s|S|c|cc|cpp|cxx|h|m|py|pyx|rs)|[>?]):\d))"
    r"(.+):(\d{1,19})(?: \+0x[0-9a-f]+)?(?: pc=0x[0-9a-f]+)?(?: fp=0x[^\n]*)?[\"'`]{0,3}"
)
ELIDED_ENDS = " frames elided..."
ELIDED = re.compile(r"\.\.\.(\d{1,19}|additional) frames elided\.\.\.")
_FLAGS = {
    "minutes": re.compile(r"(\d{1,19}) minutes"),
    "locked": re.compile(r"locked to thread()"),
    "bubble": re.compile(r"synctest bubble (\d{1,19})"),
}


class Frames(dict[tuple[str, str], Frame | None]):
    """The frame for a function and the line that follows it; None if that line is no place."""

    def __missing__(self, key: tuple[str, str]) -> Frame | None:
        function, line = key
        place = PLACE.fullmatch(line)
        if place is None:
            return None
        file, number = place.groups()
        frame = Frame(function, "" if (file, number) == ("?", "0") else file, int(number))
        self[key] = frame
        return frame


@dataclass(frozen=True, slots=True)
class Status:
    """What stands in brackets."""

    state: str
    minutes: int = 0
    leaked: bool = False
    locked: bool = False
    bubble: int | None = None


class _Head(NamedTuple):
    status: Status
    labels: Labels


class _Shape(NamedTuple):
    stack: Stack
    begins: tuple[str, ...]
    behind: tuple[slice, ...]


class Quick:
    """Reads goroutines as most are.

    Args:
        frames: those that are known already.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._left = SHAPES_AT_MOST
        self._heads: dict[str, _Head] = {}

    def goroutine(self, block: str) -> Goroutine | None:
        """Return what stands in ``block``, behind the word goroutine; None if it is otherwise."""
        lines = block.split("\n")
        elided, elided_at = _without_elided(lines) if ELIDED_ENDS in block else (0, 0)
        number, _, rest = lines[0].partition(" ")
        head = self._heads.get(rest) or self._head(rest)
        if head is None or not len(lines) % 2 or not number.isdecimal() or len(number) > DIGITS:
            return None
        calls, places = lines[1::2], lines[2::2]
        created_by = parent = None
        if calls and calls[-1].startswith(CREATED):
            creation = self._creation(calls.pop(), places.pop())
            if creation is None:
                return None
            created_by, parent = creation
        key = tuple(places)
        shape = self._shapes.get(key)
        if shape is None or not all(map(str.startswith, calls, shape.begins)):
            shape = self._shape(calls, key)
            if shape is None:
                return None
        # Each call ends in a parenthesis, and has no other in its arguments.
        together = "\n".join(map(getitem, calls, shape.behind))
        given = f"{together}\n".split(")\n") if calls else [""]
        many = len(calls)
        if given.pop() or len(given) != many or together.count(")") != many or "(" in together:
            return None
        status, labels = head
        return goroutine_of(
            int(number),
            status.state,
            shape.stack,
            shown(tuple(given)),
            created_by,
            parent,
            status.minutes,
            labels,
            status.leaked,
            status.locked,
            status.bubble,
            elided,
            elided_at,
        )

    def _head(self, text: str) -> _Head | None:
        found = _HEAD.fullmatch(text)
        labels = () if found is None or found[2] is None else labels_in_braces(found[2])
        if found is None or labels is None:
            return None
        head = _Head(status_in(found[1]), labels)
        if len(self._heads) < HEADS_AT_MOST:
            self._heads[text] = head
        return head

    def _shape(self, calls: list[str], places: tuple[str, ...]) -> _Shape | None:
        """Understand calls that were not seen before; None if one of them is none."""
        stack: list[Frame] = []
        begins: list[str] = []
        for call, place in zip(calls, places, strict=True):
            function, parenthesis, _ = call.rpartition("(")
            frame = self._frames[function, place] if parenthesis else None
            if frame is None or function.startswith(CREATED):
                return None
            stack.append(frame)
            begins.append(function + parenthesis)
        shape = _Shape(
            tuple(stack), tuple(begins), tuple(slice(len(each), None) for each in begins)
        )
        self._left -= len(places)
        if self._left > 0:
            self._shapes[places] = shape
        return shape

    def _creation(self, line: str, place: str) -> tuple[Frame, int | None] | None:
        creator, known, parent = line.removeprefix(CREATED).rpartition(" in goroutine ")
        if not known:
            creator, parent = parent, "0"
        frame = self._frames[creator, place] if creator else None
        if frame is None or not parent.isdecimal() or len(parent) > DIGITS:
            return None
        return frame, int(parent) if known else None


def _without_elided(lines: list[str]) -> tuple[int | None, int]:
    """Take out the line that says how many calls were left out; return how many, and where."""
    for index in range(1, len(lines), 2):
        found = ELIDED.fullmatch(lines[index])
        if found is not None:
            del lines[index]
            return None if found[1] == "additional" else int(found[1]), index // 2
    return 0, 0


def shown(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Return nothing if nothing is shown."""
    return () if arguments.count("...") == len(arguments) else arguments


def status_in(words: str) -> Status:
    """Take the words in brackets apart, from the end: a state may have a comma in it."""
    found: dict[str, int] = {}
    state, *more = words.split(", ")
    while more:
        for name, pattern in _FLAGS.items():
            match = pattern.fullmatch(more[-1])
            if match is not None:
                found[name] = int(match[1] or 1)
                more.pop()
                break
        else:
            break
    state = ", ".join((state, *more))
    bare = state.replace(" (scan)", "")
    return Status(
        state=bare.removesuffix(" (leaked)"),
        minutes=found.get("minutes", 0),
        leaked=bare.endswith(" (leaked)"),
        locked="locked" in found,
        bubble=found.get("bubble"),
    )
