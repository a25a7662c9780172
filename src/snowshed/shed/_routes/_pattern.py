"""Patterns of paths as frameworks write them, and a tree that finds the one that a path matches.

``/users/{id}``, ``/users/{id:int}``, ``/files/{name}.json``, ``/files/{rest:path}``, ``/files/*``.
The most exact wins, segment by segment: text, then a part of a segment, then a typed parameter,
then any parameter, then the rest. So the order in which patterns are added decides nothing.

A path is looked up in O(nodes on the way); no regular expression meets what a client sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

__all__ = ["ANY_METHOD", "PatternTree", "methods_and_segments", "segments_of"]

T = TypeVar("T")
ANY_METHOD = ""
_REST = "*"
SEGMENTS_AT_MOST = 32


def segments_of(path: str) -> list[str]:
    """Return the segments of a path; a slash at its end makes no difference.

    The last of very many is all that follow: no pattern is so long.
    """
    return path.strip("/").split("/", SEGMENTS_AT_MOST)


def methods_and_segments(pattern: str) -> tuple[str, list[str]]:
    """Return the method (``ANY_METHOD``: any) and the segments of ``GET /users/{id}``.

    Raises:
        ValueError: it has no path, or one that cannot be matched.
    """
    method, _, path = pattern.rpartition(" ")
    segments = segments_of(path)
    fault = _fault_of(path, segments)
    if fault is not None:
        examples = "write 'GET /users/{id}', '/health' (any method) or '/static/*'"
        msg = f"route {pattern!r}: {fault}; {examples}"
        raise ValueError(msg)
    return method.strip(), segments


def _fault_of(path: str, segments: list[str]) -> str | None:
    if not path.startswith("/"):
        return "a path begins with '/'"
    if any(_REST in each for each in segments[:-1]) or _REST in segments[-1][:-1]:
        return "'*' stands for the rest of a path and comes last"
    if segments[-1] != _REST and segments[-1].endswith(_REST):
        return "'*' stands for whole segments"
    if any(each.count("{") != each.count("}") for each in segments):
        return "a parameter begins with '{' and ends with '}', in one segment"
    return None


class _Parameter(NamedTuple):
    """A segment that stands for many: which ones."""

    before: str
    after: str
    kind: str

    def accepts(self, segment: str) -> bool:
        fixed = len(self.before) + len(self.after)
        if fixed and not (
            len(segment) > fixed
            and segment.startswith(self.before)
            and segment.endswith(self.after)
        ):
            return False
        is_one = _KINDS.get(self.kind)
        return is_one is None or is_one(segment[len(self.before) : len(segment) - len(self.after)])

    @property
    def exactness(self) -> tuple[int, bool]:
        return len(self.before) + len(self.after), self.kind in _KINDS


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_number(text: str) -> bool:
    return _is_whole(text.replace(".", "", 1))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


# Starlette's convertors; one that is not named here takes any segment.
_KINDS: dict[str, Callable[[str], bool]] = {
    "int": _is_whole,
    "float": _is_number,
    "uuid": _is_uuid,
}


def _parameter(segment: str) -> _Parameter | str | None:
    """Return what a segment of a pattern stands for: itself, some, or (None) all that follow."""
    if segment == _REST:
        return None
    before, brace, tail = segment.partition("{")
    if not brace:
        return segment
    inside, _, after = tail.rpartition("}")
    kind = "" if "{" in inside else inside.partition(":")[2]
    return None if kind == "path" else _Parameter(before, after, kind)


class _Node(Generic[T]):
    __slots__ = ("ends", "parameters", "rest", "texts")

    def __init__(self) -> None:
        self.texts: dict[str, _Node[T]] = {}
        self.parameters: dict[_Parameter, _Node[T]] = {}
        # By method.
        self.ends: dict[str, T] = {}
        self.rest: dict[str, T] = {}


class PatternTree(Generic[T]):
    """What belongs to a pattern, found by a path that matches it."""

    __slots__ = ("_root",)

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def place(self, segments: Sequence[str]) -> dict[str, T]:
        """Return what belongs to a pattern, by method, to be read and added to."""
        node = self._root
        for segment in segments:
            what = _parameter(segment)
            if what is None:
                return node.rest
            if isinstance(what, str):
                node = node.texts.setdefault(what, _Node())
                continue
            if what not in node.parameters:
                node.parameters[what] = _Node()
                exact_first = sorted(
                    node.parameters.items(), key=lambda item: item[0].exactness, reverse=True
                )
                node.parameters = dict(exact_first)
            node = node.parameters[what]
        return node.ends

    def find(self, method: str, segments: Sequence[str]) -> T | None:
        """Return what belongs to the most exact pattern that matches, if any does."""
        return next(self._matches(self._root, method, segments, 0), None)

    def _matches(
        self, node: _Node[T], method: str, segments: Sequence[str], index: int
    ) -> Iterator[T]:
        if index == len(segments):
            yield from _of_method(node.ends, method)
        else:
            segment = segments[index]
            text = node.texts.get(segment)
            if text is not None:
                yield from self._matches(text, method, segments, index + 1)
            for parameter, below in node.parameters.items():
                if parameter.accepts(segment):
                    yield from self._matches(below, method, segments, index + 1)
        yield from _of_method(node.rest, method)


def _of_method(found: dict[str, T], method: str) -> Iterator[T]:
    for each in (method, ANY_METHOD):
        if each in found:
            yield found[each]
