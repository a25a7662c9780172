"""The comments of a file, and nothing that only looks like one, such as ``//`` in a string."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.lint._source import Source

__all__ = ["Comment", "comments_of_go", "comments_of_python"]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment.

    Attributes:
        start: offset of its first byte.
        end: offset behind its last byte, without the end of the line.
        line: the line that it begins in.
        alone: whether there is nothing else in its lines.
        about: the line that it is about: its own, or if it is alone the next one that is no
            comment; 0 if that is empty.
        until: the line in which what begins in line ``about`` ends: that of the last bracket that
            is open at the end of it.
    """

    start: int
    end: int
    line: int
    alone: bool
    about: int
    until: int


_MARK = b"\xef\xbb\xbf"
_ASCII = bytes(range(128)) + b"x" * 128

_GO = re.compile(
    rb"""(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    |"(?:\\.|[^"\\\n])*"?|`[^`]*`?|'(?:\\.|[^'\\\n])*'?
    |(?P<open>[({\[])|(?P<close>[)}\]])""",
    re.DOTALL | re.VERBOSE,
)


def comments_of_go(source: Source) -> list[Comment]:
    """Return the comments of a file of Go, which may be broken."""
    spans: list[tuple[int, int]] = []
    opened: list[int] = []
    ends: dict[int, int] = {}
    for token in _GO.finditer(source.content):
        if token.lastgroup == "comment":
            text = token[0].rstrip(b"\r")
            spans.append((token.start(), token.start() + len(text)))
        elif token.lastgroup == "open":
            opened.append(source.line_of(token.start()))
        elif token.lastgroup == "close" and opened:
            ends[opened.pop()] = source.line_of(token.start())
    return list(_placed(source, spans, ends))


def comments_of_python(source: Source) -> list[Comment]:
    """Return the comments of a file of Python; of one that is broken those before that place."""
    # Offsets count bytes; and whatever those beyond ASCII mean, a comment is none of them.
    text = source.content.translate(_ASCII).decode()
    spans: list[tuple[int, int]] = []
    read = io.StringIO(text, newline="\n").readline
    try:
        for token in tokenize.generate_tokens(read):
            if token.type == tokenize.COMMENT:
                start = source.start_of(token.start[0]) + token.start[1]
                spans.append((start, start + len(token.string.rstrip("\r\n"))))
    except (tokenize.TokenError, SyntaxError, IndexError):
        # What is silenced behind that place is told: better than not to tell what is not.
        pass
    return list(_placed(source, spans, {}))


def _placed(
    source: Source, spans: list[tuple[int, int]], ends: dict[int, int]
) -> Iterator[Comment]:
    """Yield a comment for each of ``spans``, with what it is about."""
    lines = {source.line_of(start): (start, end) for start, end in reversed(spans)}
    for start, end in spans:
        line, last = source.line_of(start), source.line_of(end)
        alone = not _before(source, start) and not _behind(source, end)
        about = _next(source, last + 1, lines) if alone else line
        yield Comment(start, end, line, alone, about, _until(about, ends))


def _next(source: Source, line: int, comments: dict[int, tuple[int, int]]) -> int:
    """Return the first line from ``line`` on that is no comment; 0 if that is empty."""
    while line in comments and not _before(source, comments[line][0]):
        line = source.line_of(comments[line][1]) + 1
    return line if _text_of(source, line) else 0


def _until(line: int, ends: dict[int, int]) -> int:
    """Return the line in which what begins in ``line`` ends, with all its branches."""
    while ends.get(line, line) > line:
        line = ends[line]
    return line


def _before(source: Source, offset: int) -> bytes:
    """Return what stands before ``offset`` in its line."""
    start = source.start_of(source.line_of(offset))
    return source.content[start:offset].removeprefix(_MARK).strip()


def _behind(source: Source, offset: int) -> bytes:
    """Return what stands behind ``offset`` in its line."""
    end = source.content.find(b"\n", offset)
    return source.content[offset : end if end >= 0 else None].strip()


def _text_of(source: Source, line: int) -> bytes:
    try:
        return _behind(source, source.start_of(line))
    except IndexError:
        return b""
