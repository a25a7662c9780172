"""Reads dumps of goroutines: debug=2, crash dumps, what SIGQUIT prints.

Nearly all of such a text is calls, two lines each, and the same places again and again. So lines
are paired, and a pair is looked up before it is understood. Only where a line does not fit (calls
that were left out, ancestors, C code, damage) that goroutine is gone through line by line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, repeat
from typing import NamedTuple

from snowshed.formats._faults import Faults
from snowshed.formats._goroutines._make import goroutine_of
from snowshed.formats._goroutines._quote import Labels, labels_in_braces
from snowshed.model import Ancestor, Frame, Goroutine, GoroutineDump, Stack

__all__ = ["dump_in", "has_goroutines"]

# Numbers have at most 19 digits: more would not be ids, and converting them costs their square.
_START = "goroutine "
_HEADER = re.compile(
    r"(\d{1,19})(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[([^\]\n]*)\](?: \{(.*)\})?:(?:\n|$)"
)
_ANY_HEADER = re.compile(rf"^{_START}{_HEADER.pattern}", re.MULTILINE)
# A program that logs its stack has the header behind the time, or a message. There it is told from
# other text by the call that follows. Limits keep the search linear.
_LOGGED = r"\d{1,19} \[[^\]\n]{0,200}\](?: \{[^\n]{0,1000}\})?:\n\S[^\n]{0,1000}\)\n(?:\t| {2})"
_STARTS = re.compile(rf"{_START}(?:(?<=^{_START})|(?={_LOGGED}))", re.MULTILINE)
_ANY_LOGGED = re.compile(_START + _LOGGED)
# A ticket or a terminal may have made spaces of the tab.
_PLACE = re.compile(
    r"(?:\t| {2,}+)(.+):(\d{1,19})(?: \+0x[0-9a-f]+)?(?: pc=0x[0-9a-f]+)?(?: fp=0x[^\n]*)?"
)
_CREATED = "created by "
_DIGITS = 19
# Lines of stacks that are kept to know them again.
_SHAPES_AT_MOST = 500_000
_ENDS = repeat(")")
_CREATOR = re.compile(r"created by (.+?)(?: in goroutine (\d{1,19}))?")
_CALL = re.compile(r"(.+)\(([^()]*)\)")
_ELIDED = re.compile(r"\.\.\.(\d{1,19}|additional) frames elided\.\.\.")
_ORIGIN = re.compile(r"\[originating from goroutine (\d{1,19})\]:")
_FLAGS = {
    "minutes": re.compile(r"(\d{1,19}) minutes"),
    "locked": re.compile(r"locked to thread()"),
    "bubble": re.compile(r"synctest bubble (\d{1,19})"),
}
# What the runtime prints in the place of calls.
_EXPECTED = re.compile(r"\tgoroutine running on other thread; stack unavailable|\tpc=0x[0-9a-f]+")
# What is left of a call where a dump was cut off or is damaged.
_TORN = re.compile(r"\t\S*(?: \+\S*)?|\S+\([^()]*\)?|\S+\.\S+|created by .*")


def has_goroutines(text: str) -> bool:
    """Tell whether there is a goroutine in ``text``."""
    return (_ANY_HEADER.search(text) or _ANY_LOGGED.search(text)) is not None


def dump_in(text: str) -> GoroutineDump:
    """Return the goroutines in ``text``, and what stands around them."""
    faults = Faults()
    reader = _Reader(text, faults)
    starts = [*_starts_in(text)]
    reader.notes.append(text[: starts[0]])
    goroutines: list[Goroutine] = []
    for at, end in pairwise([*starts, len(text)]):
        header = _HEADER.match(text, at + len(_START), end)
        if header is None:
            what = "expected `goroutine 1 [running]:` or the like"
            faults.note("goroutines left out", reader.place(at, 0, what))
            reader.notes.append(text[at:end])
            continue
        below = text.find("\n\n", header.end(), end)
        body = text[header.end() : end if below < 0 else below]
        goroutines.append(reader.goroutine(header, body, at))
        if 0 <= below < end - 2:
            reader.notes.append(text[below + 2 : end])
    notes = (line for note in reader.notes for line in note.split("\n") if line.strip())
    return GoroutineDump(tuple(goroutines), tuple(notes), faults.lines())


def _starts_in(text: str) -> Iterator[int]:
    """Yield where goroutines begin."""
    end = -1
    for found in _STARTS.finditer(text):
        # Once in a line: a label may have the words of a header in it.
        if found.start() > end:
            yield found.start()
            end = text.find("\n", found.end())
            if end < 0:
                return


class _Frames(dict[tuple[str, str], Frame | None]):
    """The frame for a function and the line that follows it; None if that line is no place."""

    def __missing__(self, key: tuple[str, str]) -> Frame | None:
        function, line = key
        place = _PLACE.fullmatch(line)
        if place is None:
            return None
        file, number = place.groups()
        frame = Frame(function, "" if (file, number) == ("?", "0") else file, int(number))
        self[key] = frame
        return frame


@dataclass(slots=True)
class _Body:
    """What stands below the header of a goroutine, or of an ancestor."""

    id: int = 0
    stack: list[Frame] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    created_by: Frame | None = None
    parent: int | None = None
    elided: int | None = 0
    elided_at: int = 0
    ancestors: list[_Body] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Status:
    state: str
    minutes: int = 0
    leaked: bool = False
    locked: bool = False
    bubble: int | None = None


_Creation = tuple[Frame | None, int | None]  # the line, and the goroutine


class _Shape(NamedTuple):
    """A stack that was seen, and what each of its calls begins with."""

    stack: Stack
    begins: tuple[str, ...]
    lengths: tuple[int, ...]


class _Reader:
    """Reads goroutines one by one; what many have in common is read once.

    Nearly all that stand at the same places are in the same calls. So the lines with the places are
    looked up together, and of the calls only the arguments are taken.
    """

    def __init__(self, text: str, faults: Faults) -> None:
        self.notes: list[str] = []
        self._text = text
        self._faults = faults
        self._frames = _Frames()
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._left = _SHAPES_AT_MOST
        self._statuses: dict[str, _Status] = {}
        self._labels: dict[str | None, Labels] = {None: ()}

    def place(self, at: int, below: int, what: str) -> Callable[[], str]:
        """Say later, if somebody asks, which line is ``below`` the one at the offset ``at``."""
        return lambda: f"at line {self._text.count(chr(10), 0, at) + below + 1}: {what}"

    def goroutine(self, header: re.Match[str], body: str, at: int) -> Goroutine:
        """Read one goroutine, whose header starts at the offset ``at``."""
        number, words, braces = header.groups()
        status = self._statuses.get(words)
        if status is None:
            status = self._statuses[words] = _status_in(words)
        labels = self._labels.get(braces)
        if labels is None:
            labels = self._labels[braces] = self._labels_in(braces, at)
        read = self._at_once(int(number), status, labels, body)
        if read is not None:
            return read
        found = self._by_lines(body, at)
        return Goroutine(
            id=int(number),
            state=status.state,
            stack=tuple(found.stack),
            arguments=_shown(found.arguments),
            created_by=found.created_by,
            parent=found.parent,
            minutes=status.minutes,
            labels=labels,
            leaked=status.leaked,
            locked=status.locked,
            bubble=status.bubble,
            elided=found.elided,
            elided_at=found.elided_at,
            ancestors=tuple(
                Ancestor(each.id, tuple(each.stack), each.created_by) for each in found.ancestors
            ),
        )

    def _labels_in(self, braces: str, at: int) -> Labels:
        labels = labels_in_braces(braces)
        if labels is None:
            what = "expected `{name: value, ...}`"
            self._faults.note("labels left out", self.place(at, 0, what))
        return labels or ()

    def _at_once(self, number: int, status: _Status, labels: Labels, body: str) -> Goroutine | None:
        """Read calls and creation; None if there is more than that."""
        cut = body.rfind(_CREATED)
        calls, creation = (body[:cut], body[cut:].rstrip("\n")) if cut >= 0 else (body, "")
        created = self._creation(creation) if creation else (None, None)
        lines = calls.rstrip("\n").split("\n") if calls else []
        if created is None or len(lines) % 2:
            return None
        names, places = lines[::2], tuple(lines[1::2])
        shape = self._shapes.get(places)
        if shape is None or not all(map(str.startswith, names, shape.begins)):
            shape = self._shape(names, places)
            if shape is None:
                return None
        shown = tuple([name[length:-1] for name, length in zip(names, shape.lengths, strict=True)])
        together = "".join(shown)
        # Each call ends in a parenthesis, and has no other in its arguments.
        if "(" in together or ")" in together or not all(map(str.endswith, names, _ENDS)):
            return None
        return goroutine_of(
            number,
            status.state,
            shape.stack,
            _shown(shown),
            *created,
            status.minutes,
            labels,
            status.leaked,
            status.locked,
            status.bubble,
        )

    def _shape(self, names: list[str], places: tuple[str, ...]) -> _Shape | None:
        """Understand calls that were not seen before; None if one of them is none."""
        stack: list[Frame] = []
        begins: list[str] = []
        for call, place in zip(names, places, strict=True):
            function, parenthesis, _ = call.rpartition("(")
            frame = self._frames[function, place] if parenthesis else None
            if frame is None:
                return None
            stack.append(frame)
            begins.append(function + parenthesis)
        shape = _Shape(tuple(stack), tuple(begins), tuple(map(len, begins)))
        # Of a dump in which all stand elsewhere, there would be a second copy.
        self._left -= len(places)
        if self._left > 0:
            self._shapes[places] = shape
        return shape

    def _creation(self, text: str) -> _Creation | None:
        line, _, place = text.partition("\n")
        creator, known, parent = line.removeprefix(_CREATED).rpartition(" in goroutine ")
        if not known:
            creator, parent = parent, "0"
        frame = self._frames[creator, place] if creator else None
        if frame is None or not parent.isdecimal() or len(parent) > _DIGITS:
            return None
        return frame, int(parent) if known else None

    def _by_lines(self, body: str, at: int) -> _Body:
        """Read whatever may stand there, line by line."""
        lines = body.split("\n")
        found = current = _Body()
        # Lines that do not fit. A log may go on without an empty line: that is no fault, unless
        # more of the goroutine follows, or what does not fit looks like a part of it.
        odd: list[int] = []
        skip = False
        for index, line in enumerate(lines):
            if skip or not line:
                skip = False
                continue
            place = lines[index + 1] if index + 1 < len(lines) else ""
            skip = _PLACE.fullmatch(place) is not None
            origin = _ORIGIN.fullmatch(line)
            if origin is not None:
                current = _Body(int(origin[1]))
                found.ancestors.append(current)
            elif current.created_by is not None or not self._take(
                current, line, place if skip else None
            ):
                odd.append(index)
                skip = False
                continue
            self._note(lines, odd, at, torn_only=False)
        self._note(lines, odd, at, torn_only=True)
        return found

    def _note(self, lines: list[str], odd: list[int], at: int, *, torn_only: bool) -> None:
        """Put the odd lines into the notes, and warn of them."""
        what = "expected a function and, in the next line, its file"
        for index in odd:
            line = lines[index]
            self.notes.append(line)
            torn = not torn_only or _TORN.fullmatch(line) is not None
            if torn and not _EXPECTED.fullmatch(line):
                self._faults.note("lines left out", self.place(at, index + 1, what))
        odd.clear()

    def _take(self, body: _Body, line: str, place: str | None) -> bool:
        """Add one line, and the place that follows it, to ``body``; tell whether it fits."""
        elided = _ELIDED.fullmatch(line)
        if elided is not None:
            body.elided = None if elided[1] == "additional" else int(elided[1])
            body.elided_at = len(body.stack)
            return True
        if place is None:
            if line.startswith("non-Go function"):
                body.stack.append(Frame(line, "", 0))
                body.arguments.append("...")
                return True
            return False
        created = _CREATOR.fullmatch(line)
        if created is not None:
            body.created_by = self._frames[created[1], place]
            body.parent = int(created[2]) if created[2] else None
            return True
        call = _CALL.fullmatch(line)
        function, arguments = call.groups() if call else (line, "...")
        frame = self._frames[function, place]
        assert frame is not None
        body.stack.append(frame)
        body.arguments.append(arguments)
        return True


def _shown(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return nothing if nothing is shown."""
    return () if arguments.count("...") == len(arguments) else tuple(arguments)


def _status_in(words: str) -> _Status:
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
    return _Status(
        state=bare.removesuffix(" (leaked)"),
        minutes=found.get("minutes", 0),
        leaked=bare.endswith(" (leaked)"),
        locked="locked" in found,
        bubble=found.get("bubble"),
    )
