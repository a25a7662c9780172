r"""Collapsed stacks: a line for each stack, as ``flamegraph.pl``, speedscope and inferno read it.

``main;handle;query 42`` is a stack, the outermost call first, and how many stand there. It is the
smallest form that draws a flame graph, and it has no rule for names with semicolons or line breaks,
which other languages have. Those are written as ``\u003b`` and the like: viewers show them as they
are, and `read` turns them back. A frame with a file is written as py-spy does, ``function
(file:line)``, and read from that.

Only one of a profile's values fits, and no labels, times or units.
"""

from __future__ import annotations

import re

from snowshed.errors import FormatError
from snowshed.formats._faults import Faults
from snowshed.formats._totals import totals
from snowshed.model import Frame, Profile, Sample, ValueType

__all__ = ["read", "write"]

_EMPTY = "[no stack]"
_SAMPLES = ValueType("samples", "count")
_COUNT = re.compile(r"-?\d{1,19}")
# What would end a frame or a line; and what would be read as an escape, or as the place.
_UNSAFE = re.compile(r"[;\r\n]|\\(?=u[0-9a-f]{4})")
_UNSAFE_IN_FUNCTION = re.compile(rf"{_UNSAFE.pattern}| (?=\()")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


def write(profile: Profile, value: int = 0) -> str:
    """Return one value of ``profile`` as collapsed stacks, in alphabetical order.

    Args:
        profile: samples with the same stack become one line; an empty stack is ``[no stack]``.
        value: index of the sample type to write.

    Raises:
        IndexError: the profile has no such sample type.
    """
    texts = _Texts()
    lines = (
        f"{';'.join(map(texts.__getitem__, reversed(stack))) if stack else _EMPTY} {total}\n"
        for stack, total in totals(profile, value, lambda sample: sample.stack).items()
    )
    return "".join(sorted(lines))


def read(text: str | bytes) -> Profile:
    """Return the profile that collapsed stacks are, with the sample type ``samples`` in ``count``.

    Args:
        text: the lines; empty ones are passed over.

    Returns:
        A sample for each line; a line that is no stack is left out, with a warning.

    Raises:
        FormatError: there is no stack in it.
    """
    if not isinstance(text, str):
        text = text.decode("utf-8-sig", errors="replace")
    faults = Faults()
    frames = _Frames()
    samples: list[Sample] = []
    for number, line in enumerate(text.split("\n"), 1):
        names, space, count = line.removesuffix("\r").rpartition(" ")
        if space and _COUNT.fullmatch(count):
            stack = map(frames.__getitem__, reversed(names.split(";")))
            samples.append(Sample(() if names == _EMPTY else tuple(stack), (int(count),)))
        elif line.strip():
            faults.note("lines left out", f"at line {number}: expected `outer;inner 1`")
    if not samples:
        raise FormatError("collapsed", "line 1", "no stack in it; accepted: lines `outer;inner 1`")
    return Profile((_SAMPLES,), tuple(samples), warnings=faults.lines())


class _Texts(dict[Frame, str]):
    """Frames as text."""

    def __missing__(self, frame: Frame) -> str:
        text = _UNSAFE_IN_FUNCTION.sub(_escaped, frame.function)
        if frame.file or frame.line:
            text += f" ({_UNSAFE.sub(_escaped, frame.file)}:{frame.line})"
        self[frame] = text
        return text


class _Frames(dict[str, Frame]):
    """Texts as frames."""

    def __missing__(self, text: str) -> Frame:
        function, mark, place = text.partition(" (")
        file, colon, line = place.removesuffix(")").rpartition(":")
        if not (mark and colon and place.endswith(")") and _COUNT.fullmatch(line)):
            function, file, line = text, "", "0"
        frame = self[text] = Frame(_unescaped(function), _unescaped(file), int(line))
        return frame


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
