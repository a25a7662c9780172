"""A file as it was read: its bytes, and where in lines and columns a byte of it stands."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from snowshed.lint._finding import Span

__all__ = ["Source"]


class Source:
    """The text of one file.

    Attributes:
        path: the file, as it was named or found.
        content: its bytes, which are UTF-8.
        is_test: whether it is a test, or there for tests, by its name or that of a folder.
    """

    def __init__(self, path: str, content: bytes, *, is_test: bool = False) -> None:
        self.path = path
        self.content = content
        self.is_test = is_test

    def __repr__(self) -> str:
        return f"<Source {self.path!r}, {len(self.content)} bytes>"

    @cached_property
    def _starts(self) -> list[int]:
        """The offset of each line's first byte."""
        starts, at = [0], self.content.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.content.find(b"\n", at + 1)
        return starts

    def line_of(self, offset: int) -> int:
        """Return the line, from 1, that the byte at ``offset`` stands in."""
        return bisect_right(self._starts, offset)

    def start_of(self, line: int) -> int:
        """Return the offset of the first byte of ``line``, which counts from 1."""
        return self._starts[line - 1]

    def span(self, start: int, end: int) -> Span:
        """Return where the bytes from ``start`` to before ``end`` stand."""
        return Span(*self._position(start), *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        line = self.line_of(offset)
        before = self.content[self._starts[line - 1] : offset]
        return line, len(before.decode(errors="replace")) + 1

    @cached_property
    def ending(self) -> str:
        """How its lines end."""
        return "\r\n" if b"\r\n" in self.content else "\n"

    @cached_property
    def _plain(self) -> str | None:
        """All of it, if each byte is a character: a part of that is many times faster to get."""
        return self.content.decode("ascii") if self.content.isascii() else None

    def text(self, start: int, end: int) -> str:
        """Return the text from byte ``start`` to before ``end``."""
        plain = self._plain
        if plain is not None:
            return plain[start:end]
        return self.content[start:end].decode(errors="replace")
