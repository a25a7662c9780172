"""Reads what Go serves with debug=1: stacks with how many stand there, as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from snowshed.formats._faults import Faults
from snowshed.formats._goroutines._quote import Labels, labels_in_json
from snowshed.model import Frame, Profile, Sample, ValueType

__all__ = ["counts_in", "has_counts"]

_HEADER = re.compile(r"^(?:(\S{1,100}) profile: total (-?\d{1,19})|--- (contention|mutex):)$", re.M)
_GROUP = re.compile(r"(-?\d{1,19})(?: (-?\d{1,19}))? @(?: 0x[0-9a-f]+)*")
_RATE = re.compile(r"cycles/second=(\d{1,19})")
_OTHER_RATE = re.compile(r"sampling period=\d+")
_LABELS = re.compile(r"# labels: \{(.*)\}")
_LINE_NUMBER = re.compile(r"\d{1,19}")
_WAITS = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))
_NANOSECONDS = 1_000_000_000


def has_counts(text: str) -> bool:
    """Tell whether there is the header of such a profile in ``text``."""
    return _HEADER.search(text) is not None


def counts_in(text: str) -> Profile:
    """Return the profile in ``text``, which has the header of one."""
    header = _HEADER.search(text)
    assert header is not None
    name, total, _ = header.groups()
    faults = Faults()
    groups = _Groups(faults, waits=name is None)
    first = text.count("\n", 0, header.end()) + 1
    for number, line in enumerate(text[header.end() + 1 :].split("\n"), first + 1):
        groups.take(line, number)
    samples = tuple(groups.samples())
    if name is None:
        return Profile(_WAITS, samples, _WAITS[0], 1, warnings=faults.lines())
    held = sum(sample.values[0] for sample in samples)
    if held != int(total):
        faults.note("totals that differ", f"at line {first}: it says {total}, and {held} are there")
    count = ValueType(name, "count")
    return Profile((count,), samples, count, 1, warnings=faults.lines())


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
        frame = self._frames.get(line) or self._frame(line)
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

    def _take_other(self, line: str) -> bool:
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
