"""What a test left behind, read from a task, a thread or an exception, and put into words.

The words name what a reader needs to mend it and nothing else: who is left, which line made it,
where it stands. A hundred tasks of one line are one entry.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from snowshed._pytest_plugin._watch import Site

Kind = Literal["task", "thread", "exception"]
ENTRIES_AT_MOST = 10
NAMES_AT_MOST = 3
_TEXT_AT_MOST = 100
# Python 3.13.0 names a task None that a task factory makes.
_DEFAULT_NAME = re.compile(r"Task-\d+|None|Thread-\d+( \(.*\))?")
# Where code of others lives, also below the directory of a project.
_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of source: its file as it is shown, its number, its text if that can be read."""

    file: str
    line: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that outlived its test.

    Attributes:
        kind: what it is.
        name: name that somebody gave it; empty for a default name.
        function: what it runs; followed by the error for an exception that nobody read.
        created: the line that made it; None if that is not known.
        at: the line where it waits, runs, or raised; None if it has none.
    """

    kind: Kind
    name: str
    function: str
    created: Place | None
    at: Place | None


def place_of(code: CodeType, line: int, root: Path) -> Place:
    """Return the ``line`` of ``code``, its file relative to ``root`` if it lies below."""
    file = Path(code.co_filename)
    shown = file.relative_to(root) if file.is_relative_to(root) else file
    text = linecache.getline(code.co_filename, line).strip()
    if len(text) > _TEXT_AT_MOST:
        text = text[: _TEXT_AT_MOST - 1] + "…"
    return Place(shown.as_posix(), line, text)


def place_of_site(site: Site | None, root: Path) -> Place | None:
    """Return the line of ``site``."""
    if site is None:
        return None
    from snowshed.core._line import line_of

    return place_of(site.code, line_of(site.code, site.offset), root)


class Call(NamedTuple):
    """One frame of a running thread as it was at one moment."""

    code: CodeType
    line: int
    module: str


def stack_of(frame: FrameType | None) -> list[Call]:
    """Return the calls of ``frame``'s stack, the innermost first: it may go on meanwhile."""
    stack = []
    while frame is not None:
        stack.append(Call(frame.f_code, frame.f_lineno, frame.f_globals.get("__name__", "")))
        frame = frame.f_back
    return stack


def user_place(stack: Sequence[Call], root: Path) -> Place | None:
    """Return the innermost line of ``stack`` that is the project's own; else the innermost.

    A blocked line lies deep in a library; the line to mend is the one that called it.
    """
    # Every thread begins in this module, and no more is seen of one that runs a function in C.
    calls = [call for call in stack if call.module != "threading"]
    for call in calls:
        file = Path(call.code.co_filename)
        if file.is_relative_to(root) and not set(_INSTALLED) & set(file.parts):
            return place_of(call.code, call.line, root)
    return place_of(calls[0].code, calls[0].line, root) if calls else None


def given_name(name: str) -> str:
    """Return ``name``, or nothing if it is one that the library made up."""
    return "" if _DEFAULT_NAME.fullmatch(name) else name


def function_name(thing: Any) -> str:
    """Return how a reader knows a coroutine or a function: without the function it lies in."""
    name = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    return f"{name.rpartition('<locals>.')[2]}()"


def plural(count: int, one: str) -> str:
    """Return ``count`` with its noun."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


_HEADS: dict[Kind, tuple[str, str]] = {
    "task": ("task", "still running"),
    "thread": ("thread", "still running"),
    "exception": ("exception", "that nobody read"),
}
_AT: dict[Kind, str] = {"task": "waiting", "thread": "running", "exception": "raised"}
_CURES: dict[Kind, tuple[str, str]] = {
    "task": (
        "Start it in snowshed.open_scope(), await it, or mark the test allow_task_leaks.",
        "Start them in snowshed.open_scope(), await them, or mark the test allow_task_leaks.",
    ),
    "thread": (
        "Join it before the test ends, or mark the test allow_task_leaks.",
        "Join them before the test ends, or mark the test allow_task_leaks.",
    ),
    "exception": (
        "Await the task, or start it in snowshed.open_scope(), which raises what its tasks raise.",
        "Await the tasks, or start them in snowshed.open_scope(), which raises what they raise.",
    ),
}


def report(test: str, findings: Sequence[Finding]) -> str:
    """Return what ``test`` left behind, in words; one paragraph for each kind."""
    kinds = (kind for kind in _HEADS if any(each.kind == kind for each in findings))
    return "\n".join(
        "\n".join(_paragraph(test, kind, [each for each in findings if each.kind == kind]))
        for kind in kinds
    )


def _paragraph(test: str, kind: Kind, findings: Sequence[Finding]) -> Iterator[str]:
    noun, state = _HEADS[kind]
    yield f"{test} ended with {plural(len(findings), noun)} {state}:"
    groups: dict[tuple[object, ...], list[str]] = {}
    for each in findings:
        groups.setdefault((each.function, each.created, each.at), []).append(each.name)
    entries = list(groups.items())
    for (function, created, at), names in entries[:ENTRIES_AT_MOST]:
        yield f"  {_label(str(function), names)}"
        yield f"    created at {_with_text(created)}"
        if at is not None:
            yield f"    {_AT[kind]} at {at}"
    left_out = sum(len(names) for _, names in entries[ENTRIES_AT_MOST:])
    if left_out:
        yield f"  and {left_out} more"
    yield f"  {_CURES[kind][len(findings) > 1]}"


def _with_text(place: object) -> str:
    if not isinstance(place, Place):
        return "a line that is not known"
    return f"{place}  {place.text}".rstrip()


def _label(function: str, names: list[str]) -> str:
    given = [name for name in names if name]
    shown = ", ".join(given[:NAMES_AT_MOST])
    if len(given) > NAMES_AT_MOST:
        shown += f" and {len(given) - NAMES_AT_MOST} more"
    times = f"  ({len(names)} times)" if len(names) > 1 else ""
    return f"{shown}  {function}{times}".lstrip()


def flooded(test: str, peak: int, limit: int, busiest: Iterable[tuple[Place | None, int]]) -> str:
    """Return how many tasks ``test`` had alive at once, and which lines had made them."""
    lines = [f"{test} had {plural(peak, 'task')} alive at once; max_tasks allows {limit}:"]
    lines += [f"  {count} created at {_with_text(place)}" for place, count in busiest]
    lines.append("  Limit the fan-out (TaskScope.map with limit=), or raise the limit of the test.")
    return "\n".join(lines)


def blocked(test: str, seconds: float, limit_ms: float, place: Place | None) -> str:
    """Return how long the loop of ``test`` was blocked, and by which line."""
    took = f"{seconds * 1000:.0f} ms"
    return (
        f"{test} blocked its event loop for {took}; no_blocking allows {limit_ms:g} ms:\n"
        f"  blocked at {_with_text(place)}\n"
        "  Await an asynchronous call, or move it to a thread (asyncio.to_thread)."
    )
