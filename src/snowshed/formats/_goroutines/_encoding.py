"""From bytes to the text that a Go program has written.

What was redirected on Windows is in UTF-16, what a terminal or ``docker compose`` has shown has
colours in it, and lines end as the system has it. What was copied from a page has spaces that do
not break, and characters that nobody sees.
"""

from __future__ import annotations

import re

__all__ = ["MARKS", "line_ends", "text_in"]

# What stands at the beginning for the encoding; the longer first, which begin like the shorter.
_ENCODINGS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
MARKS = tuple(_ENCODINGS)
_UNSEEN = re.compile("[\u200b\u2060\ufeff]")
_COLOURS = re.compile(r"\x1b\[[0-?]{0,40}[ -/]{0,4}[@-~]")


def text_in(data: str | bytes) -> str:
    """Return the text in ``data``, without marks of the encoding, colours and carriage returns."""
    if isinstance(data, bytes):
        encoding = next(
            (name for mark, name in _ENCODINGS.items() if data.startswith(mark)), "utf-8"
        )
        data = data.decode(encoding, errors="replace")
    if "\r" in data:
        data = line_ends(data)
    if not data.isascii():
        data = _UNSEEN.sub("", data).replace("\xa0", " ")
    return _COLOURS.sub("", data) if "\x1b" in data else data


def line_ends(text: str) -> str:
    """Return ``text`` with the line breaks of Go, whatever ends its lines."""
    # Twice: what goes through two systems that write both has one more.
    text = text.replace("\r\n", "\n").replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")
