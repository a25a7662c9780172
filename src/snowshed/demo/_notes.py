"""Reading what snowshed logged about single requests, from among all that a service printed.

It logs in logfmt: words, then ``key=value`` pairs, with values that hold spaces in double quotes.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARK = "request over budget "


def read_notes(printed: Iterable[str]) -> tuple[dict[str, str], ...]:
    """Return the facts of each request that was reported as over its budget."""
    return tuple(_facts(line.partition(_MARK)[2]) for line in printed if _MARK in line)


def logged_peak(printed: Iterable[str]) -> int | None:
    """Return the most tasks of one request that snowshed reported; None without a report."""
    peaks = (note.get("peak", "") for note in read_notes(printed))
    return max((int(peak) for peak in peaks if peak.isdecimal()), default=None)


def _facts(pairs: str) -> dict[str, str]:
    try:
        words = shlex.split(pairs)
    except ValueError:  # a line that was cut off within quotes
        words = pairs.split()
    return {key: value for key, equals, value in (word.partition("=") for word in words) if equals}
