"""Go's quoted texts, and the labels that consist of them."""

from __future__ import annotations

import re

__all__ = ["labels_in_braces", "labels_in_json", "one_line", "quoted", "unquoted"]

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z0-9./_]+")
_TEXT = r'"((?:[^"\\]|\\.)*)"'
# In debug=2: key and value are quoted only where they have to be.
_IN_BRACES = re.compile(rf'(?:{_TEXT}|([^",:]*)): (?:{_TEXT}|([^",:]*))(?:, |$)')
_IN_JSON = re.compile(rf"{_TEXT}:{_TEXT}(?:, |$)")
_NO_CHARACTER = "\ufffd"

Labels = tuple[tuple[str, str], ...]


def quoted(text: str) -> str:
    """Return ``text`` in quotes, in ASCII, as the Go runtime prints it."""
    return f'"{"".join(map(_escaped, text))}"'


def quoted_if_needed(text: str) -> str:
    """Return ``text`` as it stands in the labels of debug=2."""
    return text if _PLAIN.fullmatch(text) else quoted(text)


def unquoted(text: str) -> str:
    """Return what stood between quotes, without its escapes; bytes that are no text are lost."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def labels_in_braces(text: str) -> Labels | None:
    """Read the labels of debug=2, without the braces; None if that is not what they are."""
    found = _all(_IN_BRACES, text)
    if found is None:
        return None
    return tuple((unquoted(q) or p, unquoted(r) or s) for q, p, r, s in found)


def labels_in_json(text: str) -> Labels | None:
    """Read the labels of debug=1, without the braces; None if that is not what they are."""
    found = _all(_IN_JSON, text)
    if found is None:
        return None
    return tuple((unquoted(key), unquoted(value)) for key, value in found)


def one_line(text: str) -> str:
    """Return ``text`` without what would end its line or its column."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _all(pattern: re.Pattern[str], text: str) -> list[tuple[str, ...]] | None:
    """Return the groups of each match; None unless they are all of ``text``."""
    found: list[tuple[str, ...]] = []
    at = 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            return None
        found.append(match.groups(""))
        at = match.end()
    return found


def _escaped(char: str) -> str:
    if char in {"\\", '"'}:
        return "\\" + char
    if " " <= char <= "~":
        return char
    named = next((name for name in "nrt" if _ESCAPES[name] == char), None)
    if named:
        return "\\" + named
    number = ord(char)
    if number < 127:
        return f"\\x{number:02x}"
    if 0xD800 <= number < 0xE000:
        return "\\ufffd"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _unescaped(match: re.Match[str]) -> str:
    byte, *numbers, char = match.groups("")
    if byte:
        return chr(int(byte, 16)) if int(byte, 16) < 128 else _NO_CHARACTER
    if char:
        return _ESCAPES.get(char, char)
    number = int("".join(numbers), 16)
    none = 0xD800 <= number < 0xE000 or number > 0x10FFFF
    return _NO_CHARACTER if none else chr(number)
