"""Where in a TOML text each key and each item stands: what `tomllib` knows and does not tell.

A message that says ``rules[3].for`` sends its reader counting tables; one that says ``line 41``
does not. The text is known to be valid TOML when it comes here, so this reads no values, only their
ends.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

__all__ = ["Path", "Positions"]

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys of tables, indexes of arrays."""

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LITERAL = re.compile(r"'[^'\n]*'")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    _BASIC,
    _LITERAL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]+")


class Positions:
    """The lines and columns of what a TOML text holds.

    Args:
        text: a valid TOML document.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._keys: dict[Path, int] = {}
        self._values: dict[Path, int] = {}
        # A message without a line is better than none: what was found so far is kept.
        with suppress(ValueError, IndexError, StopIteration):
            _Reader(text, self._keys, self._values).read()

    def of_key(self, path: Path) -> tuple[int, int] | None:
        """Return line and column of the key, or of the nearest thing around it that is known."""
        return self._nearest(self._keys, path)

    def of_value(self, path: Path) -> tuple[int, int] | None:
        """Return line and column of the value, or of the nearest thing around it."""
        at = self._values.get(path)
        return self._line(at) if at is not None else self.of_key(path)

    def _nearest(self, found: dict[Path, int], path: Path) -> tuple[int, int] | None:
        for length in range(len(path), 0, -1):
            at = found.get(path[:length])
            if at is not None:
                return self._line(at)
        return None

    def _line(self, at: int) -> tuple[int, int]:
        return self._text.count("\n", 0, at) + 1, at - self._text.rfind("\n", 0, at)


class _Reader:
    """Walks the text once, and notes where keys and values begin."""

    def __init__(self, text: str, keys: dict[Path, int], values: dict[Path, int]) -> None:
        self._text = text
        self._at = 0
        self._keys = keys
        self._values = values
        self._tables: dict[Path, int] = {}  # arrays of tables: the index of the last one

    def read(self) -> None:
        inside: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                inside = self._header()
            else:
                self._assignment(inside)
            self._skip(_BLANK)

    def _header(self) -> Path:
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        path: Path = ()
        for name, at in self._key():
            path = self._last(path)
            path += (name,)
            self._keys.setdefault(path, at)
        if brackets == 2:
            index = self._tables[path] = self._tables.get(path, -1) + 1
            path += (index,)
            self._keys[path] = at
        self._skip(_SPACE)
        self._at += brackets
        return path if brackets == 2 else self._last(path)

    def _last(self, path: Path) -> Path:
        index = self._tables.get(path)
        return path if index is None else (*path, index)

    def _assignment(self, inside: Path) -> None:
        path = inside
        for name, at in self._key():
            path += (name,)
            self._keys.setdefault(path, at)
        self._skip(_SPACE)
        self._at += 1  # the sign of equality
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[tuple[str, int]]:
        parts = []
        while True:
            self._skip(_SPACE)
            at = self._at
            parts.append((self._word(), at))
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return parts
            self._at += 1

    def _word(self) -> str:
        bare = _BARE.match(self._text, self._at)
        if bare is not None:
            self._at = bare.end()
            return bare.group()
        at = self._at
        self._string()
        word: str = tomllib.loads("word = " + self._text[at : self._at])["word"]
        return word

    def _value(self, path: Path) -> None:
        self._values[path] = self._at
        opening = self._text[self._at]
        if opening == "[":
            self._sequence("]", lambda index: self._value((*path, index)))
        elif opening == "{":
            self._sequence("}", lambda _: self._assignment(path))
        elif opening in {'"', "'"}:
            self._string()
        else:
            self._skip(_SCALAR)

    def _sequence(self, closing: str, read_one: Callable[[int], None]) -> None:
        self._at += 1
        self._skip(_BLANK)
        index = 0
        while self._text[self._at] != closing:
            read_one(index)
            index += 1
            self._skip(_BLANK)
            if self._text[self._at] == ",":
                self._at += 1
                self._skip(_BLANK)
        self._at += 1

    def _string(self) -> None:
        matches = (pattern.match(self._text, self._at) for pattern in _STRINGS)
        self._at = next(match.end() for match in matches if match)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is None:
            msg = f"not the expected TOML at {self._at}"
            raise ValueError(msg)
        self._at = match.end()
