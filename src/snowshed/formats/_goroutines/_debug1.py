"""Reads what Go serves with debug=1: stacks with how many stand there, as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from snowshed.formats._faults import Faults
from snowshed.formats._goroutines._quote import Labels, labels_in_json
from snowshed.model import Frame, Profile, Sample, ValueType

__all__ = ["counts_in", "has_counts"]

_HEADER = re.compile(
    r"^[ \"'`]{0,9}+(?:(\S{1,100}) profile: total (-?\d{1,19})|--- (contention|mutex):)$", re.M
)
# What is left where the header was not copied: a count and, below it, a frame or labels. Of waits
# there must be the rate, or nobody knows how long they were.
_BARE = re.compile(
    r"^(?:(cycles/second=\d{1,19}\n)(?:sampling period=\d{1,19}\n)?-?\d{1,19} )?"
    r"-?\d{1,19} @(?: 0x[0-9a-f]{1,16})++\n#\s{0,20}(?:0x|labels: \{)",
    re.M,
)
_GROUP = re.compile(r"(-?\d{1,19})(?: (-?\d{1,19}))? @(?: 0x[0-9a-f]+)*")
_RATE = re.compile(r"cycles/second=(\d{1,19})")
_OTHER_RATE = re.compile(r"sampling period=\d+")
_LABELS = re.compile(r"# labels: \{(.*)\}")
_LINE_NUMBER = re.compile(r"\d{1,19}")
_WAITS = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))
_QUOTES = " \t\"'`"
_NANOSECONDS = 1_000_000_000


def has_counts(text: str) -> bool:
    """Tell whether there is such a profile in ``text``, with its header or without."""
    return (_HEADER.search(text) or _BARE.search(text)) is not None


def counts_in(text: str) -> Profile:
    """Return the profile in ``text``, which has one."""
    faults = Faults()
    found = _HEADER.search(text) or _BARE.search(text)
    assert found is not None
    first = text.count("\n", 0, found.start()) + 1
    name, total, start = _kind_in(found)
    if start == found.start():
        what = f"at line {first}: taken for those of {name or 'contention'}"
        faults.note("counts without the line that says of what", what)
    groups = _Groups(faults, waits=name is None)
    for number, line in enumerate(text[start:].split("\n"), first + (start > found.start())):
        groups.take(line, number)
    samples = tuple(groups.samples())
    if name is None:
        return Profile(_WAITS, samples, _WAITS[0], 1, warnings=faults.lines())
    held = sum(sample.values[0] for sample in samples)
    if total is not None and held != int(total):
        faults.note("totals that differ", f"at line {first}: it says {total}, and {held} are there")
    count = ValueType(name, "count")
    return Profile((count,), samples, count, 1, warnings=faults.lines())


def _kind_in(found: re.Match[str]) -> tuple[str | None, str | None, int]:
    """Return what was counted, None for waits, how many it says there are, and where they begin."""
    if found.re is _HEADER:
        return found[1], found[2], found.end() + 1
    return None if found[1] else "goroutine", None, found.start()


class _Groups:
    """Groups of lines, each a count, its labels and a stack."""

    def __init__(self, faults: Faults, *, waits: bool) -> None:
        self._faults = faults
        self._waits = waits
        self._cycles_per_second = _NANOSECONDS
        self._groups: list[tuple[int, int | None, list[Labels], list[Frame]]] = []
        self._frames: dict[str, Frame] = {}

    def take(self, line: str, number: int) -> None:
        """Add one line."""
        if not line:
            return
        frame = self._frames.get(line) or self._frame(line) or self._pasted_frame(line)
        if frame is not None and self._groups:
            self._groups[-1][3].append(frame)
        elif not self._take_other(line):
            what = "expected `1 @ 0x...`, or `#` and a frame"
            self._faults.note("lines left out", f"at line {number}: {what}")

    def samples(self) -> Iterator[Sample]:
        """Yield the groups as samples."""
        for first, second, labels, stack in self._groups:
            values: tuple[int, ...] = (first,)
            if second is not None:
                values = (second, first * _NANOSECONDS // self._cycles_per_second)
            yield Sample(tuple(stack), values, labels[-1] if labels else ())

    def _frame(self, line: str) -> Frame | None:
        # Columns are padded with tabs, to the width that looks good.
        mark, *padded = line.split("\t")
        columns = [*filter(None, padded)]
        if mark != "#" or not columns or not columns[0].startswith("0x"):
            return None
        frame = Frame(columns[0], "", 0)
        if len(columns) > 1:
            file, _, number = columns[-1].rpartition(":")
            function = columns[1].rpartition("+0x")[0]
            if len(columns) != 3 or not function or not _LINE_NUMBER.fullmatch(number):
                return None
            frame = Frame(function, "" if (file, number) == ("?", "0") else file, int(number))
        self._frames[line] = frame
        return frame

    def _pasted_frame(self, line: str) -> Frame | None:
        """Read a frame whose tabs have become spaces, or that ends a quotation."""
        address, _, rest = line.rstrip(_QUOTES)[1:].strip().partition(" ")
        function, _, behind = rest.strip().partition("+0x")
        file, _, number = behind.lstrip("0123456789abcdef").strip().rpartition(":")
        if not line.startswith("#") or not address.startswith("0x"):
            return None
        named = f"\t{function}+0x\t{file}:{number}" if rest else ""
        return self._frame(f"#\t{address}{named}")

    def _take_other(self, line: str) -> bool:
        line = line.rstrip(_QUOTES)
        if not line:
            return True
        group = _GROUP.fullmatch(line)
        if group is not None and (group[2] is not None) is self._waits:
            second = int(group[2]) if group[2] else None
            self._groups.append((int(group[1]), second, [], []))
            return True
        rate = _RATE.fullmatch(line)
        if rate is not None:
            self._cycles_per_second = int(rate[1]) or _NANOSECONDS
            return True
        match = _LABELS.fullmatch(line)
        labels = labels_in_json(match[1]) if match else None
        if labels is not None and self._groups:
            self._groups[-1][2].append(labels)
            return True
        return _OTHER_RATE.fullmatch(line) is not None
