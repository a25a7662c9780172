"""Where profiles are to go, as a setting says it: a directory or a URL, and headers.

Of a URL only scheme, host and path are ever shown: the rest, and headers, may be secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

__all__ = ["headers_of", "parse_target", "shown", "split"]

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def parse_target(text: str) -> Path | str:
    """Return the directory that ``text`` names, or the URL that it is.

    Raises:
        ValueError: it is empty, or a URL that profiles cannot be sent to.
    """
    if "://" in text:
        split(text)
        return text
    if not text.strip() or "\0" in text:
        what = "has a zero byte" if "\0" in text else "is empty"
        msg = f"profiles_to must be a directory or an http(s) URL; it {what}"
        raise ValueError(msg)
    return Path(text)


def headers_of(lines: Iterable[str]) -> dict[str, str]:
    """Return header lines, each ``Name: value``, as a mapping.

    Raises:
        ValueError: a line is none; the message shows no value.
    """
    headers: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if not colon or not _HEADER_NAME.fullmatch(name.strip()):
            msg = f"item {number} of profiles_headers must have the form 'Name: value'"
            raise ValueError(msg)
        value = value.strip()
        if not value.isprintable() or not value.isascii():
            msg = f"the value of {name.strip()!r} in profiles_headers must be printable ASCII"
            raise ValueError(msg)
        headers[name.strip()] = value
    return headers


def split(url: str) -> SplitResult:
    """Return the parts of a URL.

    Raises:
        ValueError: profiles cannot be sent to it; the message shows no more than its first letters.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable or not url.isprintable() or not url.isascii() or " " in url:
        # Not all of it: a password may be the part that was misspelt.
        msg = (
            "profiles_to must be a directory or an http(s) URL with a host, in ASCII and without "
            f"spaces; it begins with {url[:5]!r}"
        )
        raise ValueError(msg)
    return parts


def shown(url: SplitResult) -> str:
    """Return what may be shown of a URL."""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.hostname}{port}{url.path}"
