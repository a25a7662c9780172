"""From bytes to the text that a Go program has written.

What was redirected on Windows is in UTF-16, what a terminal or ``docker compose`` has shown has
colours in it, and lines end as the system has it.
"""

from __future__ import annotations

import re

__all__ = ["MARKS", "text_in"]

# What stands at the beginning for the encoding; the longer first, which begin like the shorter.
_ENCODINGS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
MARKS = tuple(_ENCODINGS)
_COLOURS = re.compile(r"\x1b\[[0-?]{0,40}[ -/]{0,4}[@-~]")


def text_in(data: str | bytes) -> str:
    """Return the text in ``data``, without marks of the encoding, colours and carriage returns."""
    if isinstance(data, bytes):
        encoding = next(
            (name for mark, name in _ENCODINGS.items() if data.startswith(mark)), "utf-8"
        )
        data = data.decode(encoding, errors="replace")
    if "\r" in data:
        data = data.replace("\r\n", "\n")
    return _COLOURS.sub("", data) if "\x1b" in data else data
