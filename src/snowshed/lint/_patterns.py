"""Patterns of paths, in the language of ``.gitignore``: everybody knows it already.

``*.pb.go`` is a name in any folder, ``/gen`` and ``api/gen`` stand where they say, ``gen/`` is a
folder only, ``**`` any number of folders, and ``!keep.go`` takes back what a line above has said.
All patterns of one list become few regular expressions: a tree has a hundred thousand names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

__all__ = ["Patterns"]

_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9a-fA-F",
}
_NEVER = "(?!)"


class Patterns:
    """The patterns of one list, the last of which that matches decides.

    Args:
        lines: the list; comments and empty lines may be among them.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        read = [pattern for line in lines for pattern in _pattern(line)]
        together: list[tuple[bool, re.Pattern[str]]] = [
            (takes, re.compile("|".join(text for _, text in group)))
            for takes, group in groupby(read, key=lambda pattern: pattern[0])
        ]
        self._from_last = together[::-1]

    def __bool__(self) -> bool:
        return bool(self._from_last)

    def say(self, path: str) -> bool | None:
        """Return whether ``path`` itself is one of them; None if no pattern is about it.

        Args:
            path: relative to where the list stands, with ``/``; a folder's ends in one.
        """
        for takes, regex in self._from_last:
            if regex.fullmatch(path):
                return takes
        return None

    def cover(self, path: str) -> bool:
        """Tell whether ``path``, of a file, or a folder that it lies in is one of them."""
        at = path.find("/", 1)
        while at > 0:
            if self.say(path[: at + 1]):
                return True
            at = path.find("/", at + 1)
        return bool(self.say(path))


def _pattern(line: str) -> Iterator[tuple[bool, str]]:
    """Yield whether what the pattern in ``line`` matches is taken or left, and its expression."""
    text = _without_trailing_spaces(line.rstrip("\n").removesuffix("\r"))
    if not text or text.startswith("#"):
        return
    takes = not text.startswith("!")
    text = text if takes else text[1:]
    only_folders = text.endswith("/")
    text = text.removesuffix("/")
    anchored = "/" in text
    text = text.removeprefix("/")
    if text:
        start = "" if anchored else "(?:[^/]+/)*"
        end = "(?<!/)/" if only_folders else "(?<!/)/?"
        yield takes, f"{start}(?s:{_translated(text)}){end}"


def _without_trailing_spaces(text: str) -> str:
    stripped = text.rstrip(" ")
    escapes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if escapes % 2 and stripped != text else stripped


_TOKEN = re.compile(
    r"(?P<leading>\A(?:\*\*/)+)|(?P<trailing>(?:/\*\*)+\Z)|(?P<between>(?:/\*\*)+(?=/))|(?P<all>\A\*\*(?:/\*\*)*\Z)"
    r"|(?P<star>\*+)|(?P<one>\?)|(?P<escaped>\\.)"
    r"|\[(?P<not>[!^]?)(?P<set>\]?(?:\\.|\[:[a-z]+:\]|[^\]\\])*)\]|(?P<broken>\[|\\\Z)|(?P<plain>.)",
    re.DOTALL,
)
_FIXED = {
    "leading": "(?:[^/]+/)*",
    "trailing": "/.+",
    "between": "(?:/[^/]+)*",
    "all": ".*",
    "star": "[^/]*",
    "one": "[^/]",
    "broken": _NEVER,
}


def _translated(text: str) -> str:
    return "".join(map(_token, _TOKEN.finditer(text)))


def _token(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == "set":
        return _set(found["set"], negated=bool(found["not"]))
    return re.escape(found[0].removeprefix("\\") if kind == "escaped" else found[0])


_MEMBER = re.compile(
    r"\[:(?P<name>[a-z]+):\]|(?P<from>\\?.)-(?P<to>\\?[^\]])|(?P<one>\\?.)", re.DOTALL
)


def _set(text: str, *, negated: bool) -> str:
    members = "".join(map(_member, _MEMBER.finditer(text)))
    # A range that runs backwards has no members.
    inside = f"[{members}]" if members else _NEVER
    return f"(?!{inside})[^/]" if negated else f"(?!/){inside}"


def _member(found: re.Match[str]) -> str:
    if found["name"]:
        return _CLASSES.get(found["name"], "")
    if found["one"]:
        return re.escape(found["one"][-1])
    first, last = found["from"][-1], found["to"][-1]
    return f"{re.escape(first)}-{re.escape(last)}" if first <= last else ""
