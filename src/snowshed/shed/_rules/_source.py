"""A rules file as it was written: values that still know the line they stand on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from snowshed.errors import ConfigError
from snowshed.shed._rules._positions import Path, Positions

__all__ = ["Document", "Entry", "Place", "RawRule", "read_document", "standard"]

_AT = re.compile(r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|.*)\)$")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text, and where its parts stand in it."""

    origin: str
    text: str
    positions: Positions
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A key of a document."""

    document: Document
    path: Path

    def child(self, key: str | int) -> Place:
        """Return the place of a key or an item below."""
        return Place(self.document, (*self.path, key))

    @property
    def of_key(self) -> str:
        """``file:line:column`` of the key."""
        return self._where(self.document.positions.of_key(self.path))

    def of_value(self, offset: int | None = None) -> str:
        """``file:line:column`` of the value, or of the character ``offset`` of a plain string."""
        found = self.document.positions.of_value(self.path)
        if found is None or offset is None:
            return self._where(found)
        line, column = found
        rest = self.document.text.split("\n")[line - 1][column - 1 :]
        plain = rest[:1] in {"'", '"'} and rest[:3] not in {"'" * 3, '"' * 3} and "\\" not in rest
        return self._where((line, column + 1 + offset) if plain else found)

    def _where(self, found: tuple[int, int] | None) -> str:
        origin = self.document.origin
        return origin if found is None else f"{origin}:{found[0]}:{found[1]}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and its place."""

    value: Any
    place: Place

    def children(self) -> Iterator[tuple[str, Entry]]:
        """Yield the entries of a table by their keys."""
        for key, value in self.value.items():
            yield key, Entry(value, self.place.child(key))


@dataclass(slots=True)
class RawRule:
    """A rule before it is understood: its entries, which an override may replace."""

    place: Place
    entries: dict[str, Entry]
    then: list[RawRule] = field(default_factory=list)

    def walk(self) -> Iterator[RawRule]:
        """Yield this rule and those below it."""
        yield self
        for child in self.then:
            yield from child.walk()

    @property
    def name(self) -> object:
        """What stands at ``name``, whatever it is."""
        entry = self.entries.get("name")
        return None if entry is None else entry.value


def read_document(text: str, origin: str) -> Document:
    """Return ``text`` as a document.

    Raises:
        ConfigError: it is not TOML, with the line and column where it ceases to be.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _AT.match(str(error))
        what = match["what"] if match else str(error)
        end = f"{text.count(chr(10)) + 1}:{len(text) - text.rfind(chr(10))}"
        at = f"{match['line']}:{match['column']}" if match and match["line"] else end
        raise ConfigError(f"{origin}:{at}", f"not valid TOML: {what}") from None
    except RecursionError:
        raise ConfigError(origin, "not valid TOML: nested too deeply") from None
    return Document(origin, text, Positions(text), content)


def standard() -> Document:
    """Return the rules that come with snowshed."""
    text = FilePath(__file__).with_name("standard.toml").read_text(encoding="utf-8")
    return read_document(text, "standard.toml")
