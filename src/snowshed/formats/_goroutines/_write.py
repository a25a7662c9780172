"""Writes dumps of goroutines as the Go runtime does, for tools that read those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.formats._goroutines._quote import one_line, quoted, quoted_if_needed
from snowshed.formats._pprof._write import address_of
from snowshed.formats._totals import totals

if TYPE_CHECKING:
    from snowshed.model import Ancestor, Frame, Goroutine, Profile, Stack

__all__ = ["counts", "dump"]

_TAB = 8
_BRACKETS = str.maketrans("[]", "()")


def dump(goroutines: Iterable[Goroutine]) -> str:
    """Return the text of debug=2."""
    return "\n".join("".join(map("{}\n".format, _block(each))) for each in goroutines)


def counts(profile: Profile, value: int) -> str:
    """Return the text of debug=1."""
    groups = totals(profile, value, lambda sample: (sample.stack, sample.labels))
    name = one_line(profile.sample_types[value].type).replace(" ", "_") or "?"
    lines = [f"{name} profile: total {groups.total()}\n"]
    pieces = ((count, *_group(*key)) for key, count in groups.items())
    # The largest first, as Go does; equal ones by what is printed, to be the same each time.
    for count, head, frames in sorted(pieces, key=lambda piece: (-piece[0], *piece[1:])):
        lines.append(f"{count} {head}\n{frames}\n")
    return "".join(lines)


def _block(goroutine: Goroutine) -> Iterator[str]:
    yield _header(goroutine)
    yield from _calls(goroutine.stack, goroutine.arguments, goroutine.elided, goroutine.elided_at)
    if goroutine.created_by is not None:
        yield from _creation(goroutine.created_by, goroutine.parent)
    for ancestor in goroutine.ancestors:
        yield from _ancestor(ancestor)


def _header(goroutine: Goroutine) -> str:
    status = [one_line(goroutine.state).translate(_BRACKETS)]
    if goroutine.leaked:
        status[0] += " (leaked)"
    if goroutine.minutes:
        status.append(f"{goroutine.minutes} minutes")
    if goroutine.locked:
        status.append("locked to thread")
    if goroutine.bubble is not None:
        status.append(f"synctest bubble {goroutine.bubble}")
    labels = ""
    if goroutine.labels:
        pairs = (f"{quoted_if_needed(k)}: {quoted_if_needed(v)}" for k, v in goroutine.labels)
        labels = f" {{{', '.join(pairs)}}}"
    return f"goroutine {goroutine.id} [{', '.join(status)}]{labels}:"


def _calls(
    stack: Stack, arguments: Sequence[str], elided: int | None, elided_at: int
) -> Iterator[str]:
    gap = "...additional frames elided..." if elided is None else f"...{elided} frames elided..."
    for index, frame in enumerate(stack):
        if elided != 0 and index == elided_at:
            yield gap
        shown = arguments[index] if index < len(arguments) else "..."
        yield f"{one_line(frame.function) or '?'}({one_line(shown)})"
        yield _place(frame)
    if elided != 0 and elided_at >= len(stack):
        yield gap


def _creation(frame: Frame, parent: int | None) -> Iterator[str]:
    creator = "" if parent is None else f" in goroutine {parent}"
    yield f"created by {one_line(frame.function) or '?'}{creator}"
    yield _place(frame)


def _ancestor(ancestor: Ancestor) -> Iterator[str]:
    yield f"[originating from goroutine {ancestor.id}]:"
    yield from _calls(ancestor.stack, (), 0, 0)
    if ancestor.created_by is not None:
        yield from _creation(ancestor.created_by, None)


def _place(frame: Frame) -> str:
    return f"\t{one_line(frame.file) or '?'}:{frame.line}"


def _group(stack: Stack, labels: tuple[tuple[str, str | int], ...]) -> tuple[str, str]:
    """Return what follows the count of a group, and its frames."""
    addresses = [f"{address_of(frame):#x}" for frame in stack]
    head = " ".join(("@", *addresses))
    if labels:
        pairs = sorted(f"{quoted(key)}:{quoted(str(value))}" for key, value in labels)
        head += f"\n# labels: {{{', '.join(pairs)}}}"
    names = [f"{one_line(frame.function) or '?'}+0x1" for frame in stack]
    width = (max(map(len, names), default=0) // _TAB + 1) * _TAB
    lines: list[str] = []
    for address, name, frame in zip(addresses, names, stack, strict=True):
        gap = "\t" * -((len(name) - width) // _TAB)
        lines.append(f"#\t{address}\t{name}{gap}{_place(frame)[1:]}\n")
    return head, "".join(lines)
