"""What tasks of a service stood where, from a dump or a profile, for `snowshed.lint._waiting`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.errors import FormatError
from snowshed.formats import goroutines, pprof
from snowshed.formats._input import AT_MOST, BEGINNING, called, is_text, is_trace, plain
from snowshed.formats._uncollected import uncollected
from snowshed.model import GoroutineDump, Profile

if TYPE_CHECKING:
    from snowshed.model import Frame, Stack

__all__ = ["Dump", "Stood", "read_dump"]

_ACCEPTED = (
    "accepted: goroutine and goroutineleak profiles (protobuf, debug=1, debug=2), crash dumps, "
    "and what snowshed dump writes"
)
_STANDARD = "bufio|context|crypto|database|internal|io|log|net|os|runtime|sync|syscall|testing|time"
_OF_OTHERS = re.compile(
    r"$|.*(?:/pkg/mod/|@v\d|/vendor/|/(?:site|dist)-packages/|/lib/python\d)"
    rf"|(?:.*go[^/]*/src/)?(?:{_STANDARD})/"
).match
# What a settings file begins with is none.
_JSON = re.compile(rb"\s*[{\[]\s*(?:[\"{\[\d}\]-]|$)")
_COUNTED = ("goroutine", "goroutineleak")


@dataclass(frozen=True, slots=True)
class Stood:
    """Tasks that were alike.

    Attributes:
        count: how many.
        state: what they did, in the words of their runtime; empty if that is not told.
        stack: where they stood, the innermost call first.
        created_by: the line that started them; None if that is not told.
    """

    count: int
    state: str
    stack: Stack
    created_by: Frame | None = None


@dataclass(frozen=True, slots=True)
class Dump:
    """A moment of a service.

    Attributes:
        source: what the user calls it.
        stood: all that was in it.
        warnings: what could not be read of it.
    """

    source: str
    stood: tuple[Stood, ...]
    warnings: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many tasks were in it."""
        return sum(each.count for each in self.stood)

    @property
    def noun(self) -> str:
        """What one of them is called: ``goroutine``, or ``task`` of Python."""
        files = (frame.file for each in self.stood for frame in each.stack)
        first = next(filter(None, files), ".py")
        return "task" if first.endswith((".py", ".pyi")) else "goroutine"

    def place(self) -> str:
        """Return the file of the program itself that most of them are in; empty if there is none.

        The outermost call counts: what it calls is mostly of others.
        """
        files: Counter[str] = Counter()
        for each in self.stood:
            ours = (frame.file for frame in reversed(each.stack) if not _OF_OTHERS(frame.file))
            files[next(ours, "")] += each.count
        del files[""]
        return next((file for file, _ in files.most_common(1)), "")


def read_dump(source: str, data: bytes, *, at_most: int = AT_MOST) -> Dump:
    """Return what is in ``data``, gzip'd or not.

    Args:
        source: what to call it in messages.
        data: all of it.
        at_most: bytes that it may have once it is decompressed.

    Raises:
        FormatError: it does not say where tasks stand, or is too large. ``format`` is ``source``.

    Cost: O(bytes); a dump of a million goroutines takes 1.1 GB of memory.
    """
    with called(source):
        raw, warnings = plain(data, at_most)
        with uncollected():
            content = _read(source, raw)
    warnings += content.warnings
    from_text = isinstance(content, Profile) and is_text(raw[:BEGINNING])
    stood = _of_dump(content) if isinstance(content, GoroutineDump) else _of(content, from_text)
    return Dump(source, tuple(stood), tuple(warnings))


def _read(source: str, raw: bytes) -> GoroutineDump | Profile:
    beginning = raw[:BEGINNING]
    if not raw.strip():
        raise FormatError(source, "byte 0", f"empty; {_ACCEPTED}")
    if is_trace(beginning):
        raise FormatError(source, "byte 0", f"an execution trace of Go; {_ACCEPTED}")
    if is_text(beginning):
        return _of_text(source, raw)
    profile = pprof.read(raw, at_most=len(raw))
    types = [each.type for each in profile.sample_types]
    if not any(each in _COUNTED for each in types):
        what = f"a profile of {', '.join(filter(None, types)) or 'nothing'}; {_ACCEPTED}"
        raise FormatError(source, "the sample types", what)
    return profile


def _of_text(source: str, raw: bytes) -> GoroutineDump | Profile:
    try:
        return goroutines.read(raw)
    except FormatError as error:
        if _JSON.match(raw):
            what = f"JSON with no goroutines in it; {_ACCEPTED}"
            raise FormatError(source, "byte 0", what) from None
        raise FormatError(source, error.where, f"{error.what}; {_ACCEPTED}") from None


def _of_dump(dump: GoroutineDump) -> Iterator[Stood]:
    for each in dump.goroutines:
        yield Stood(1, each.state, each.stack, each.created_by)


def _of(profile: Profile, from_text: bool) -> Iterator[Stood]:
    types = [each.type for each in profile.sample_types]
    index = next((types.index(each) for each in _COUNTED if each in types), 0)
    for sample in profile.samples:
        # The text has lost the frames that tell it, and ours has it in a label.
        state = "" if from_text else goroutines.state_in(sample.stack)
        state = str(dict(sample.labels).get("state", state))
        yield Stood(max(sample.values[index], 0), state, sample.stack)
