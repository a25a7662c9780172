"""Reads dumps of goroutines: debug=2, crash dumps, what SIGQUIT prints.

Nearly all of such a text is calls, two lines each, and the same places again and again: that is
read by `snowshed.formats._goroutines._quick`. Only where a line does not fit (calls that were left
out, ancestors, C code, damage) that goroutine is gone through line by line, here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from snowshed.formats._faults import Faults
from snowshed.formats._goroutines._quick import ELIDED, PLACE, Frames, Quick, shown, status_in
from snowshed.formats._goroutines._quote import Labels, labels_in_braces
from snowshed.model import Ancestor, Frame, Goroutine, GoroutineDump

__all__ = ["dump_in", "has_goroutines"]

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
_CREATOR = re.compile(r"created by (.+?)(?: in goroutine (\d{1,19}))?")
_CALL = re.compile(r"(.+)\(([^()]*)\)")
_HAS_PLACE = re.compile(r"\S+|\S.*\)|created by .*")
_ORIGIN = re.compile(r"\[originating from goroutine (\d{1,19})\]:")
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
        found = reader.read(at, end)
        if found is not None:
            goroutines.append(found)
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


class _Reader:
    """Reads goroutines one by one; what many have in common is read once."""

    def __init__(self, text: str, faults: Faults) -> None:
        self.notes: list[str] = []
        self._text = text
        self._faults = faults
        self._frames = Frames()
        self._quick = Quick(self._frames)

    def read(self, at: int, end: int) -> Goroutine | None:
        """Read the goroutine that begins at the offset ``at``, and what stands behind it."""
        block = self._text[at + len(_START) : end].rstrip("\n")
        return self._quick.goroutine(block) or self._with_care(at, end)

    def _with_care(self, at: int, end: int) -> Goroutine | None:
        header = _HEADER.match(self._text, at + len(_START), end)
        if header is None:
            what = "expected `goroutine 1 [running]:` or the like"
            self._faults.note("goroutines left out", self.place(at, 0, what))
            self.notes.append(self._text[at:end])
            return None
        body, _, after = self._text[header.end() : end].partition("\n\n")
        found = self._goroutine(header, body, at)
        self.notes.append(after)
        return found

    def place(self, at: int, below: int, what: str) -> Callable[[], str]:
        """Say later, if somebody asks, which line is ``below`` the one at the offset ``at``."""
        return lambda: f"at line {self._text.count(chr(10), 0, at) + below + 1}: {what}"

    def _goroutine(self, header: re.Match[str], body: str, at: int) -> Goroutine:
        number, words, braces = header.groups()
        status = status_in(words)
        labels = () if braces is None else self._labels_in(braces, at)
        found = self._by_lines(body, at)
        return Goroutine(
            id=int(number),
            state=status.state,
            stack=tuple(found.stack),
            arguments=shown(tuple(found.arguments)),
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
            # Where nothing sets a place off, what is before it must look like a call.
            skip = PLACE.fullmatch(place) is not None and (
                place.startswith(("\t", "  ")) or _HAS_PLACE.fullmatch(line) is not None
            )
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
        elided = ELIDED.fullmatch(line)
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
