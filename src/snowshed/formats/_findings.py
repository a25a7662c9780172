"""A report of ours in JSON, read again: the findings that the doctor or lint had before.

Whoever keeps such a file edits it some day, or gives the wrong one. So each entry that is not what
it should be is named, with what is wanted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from snowshed.errors import FormatError

__all__ = ["findings_in", "typed"]

T = TypeVar("T")


def findings_in(
    source: str, data: bytes, read: Callable[[Any], T], *, accepted: str
) -> Iterator[T]:
    """Yield what ``read`` makes of each finding in ``data``.

    Args:
        source: what to call it in messages.
        data: all of it.
        read: makes what is wanted of an entry. A `TypeError`, `KeyError` or `ValueError` of it says
            what is wrong with the entry.
        accepted: what would have been read, for messages.

    Raises:
        FormatError: it is no such report, or an entry is wrong. ``format`` is ``source``.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        what = f"no JSON ({type(error).__name__}); {accepted}"
        raise FormatError(source, "the baseline", what) from None
    if not isinstance(document, dict) or document.get("schema") != 1:
        raise FormatError(source, "the baseline", f'no "schema": 1 in it; {accepted}')
    findings = document.get("findings")
    if not isinstance(findings, list):
        raise FormatError(source, "the baseline", f'no list of "findings" in it; {accepted}')
    for number, each in enumerate(findings):
        try:
            yield read(each)
        except (TypeError, KeyError, ValueError) as error:
            wrong = f"{error} is missing" if isinstance(error, KeyError) else f"{error}"
            where = f"findings[{number}]"
            raise FormatError(source, where, f"{wrong}; {accepted}") from None


def typed(found: Any, name: str, kind: type[Any]) -> Any:
    """Return ``found[name]``, which has to be a ``kind``.

    Raises:
        TypeError: ``found`` is no object, or that is of another type.
        KeyError: it has no such entry.
    """
    if not isinstance(found, dict):
        msg = "no object"
        raise TypeError(msg)
    value = found[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        msg = f"{name!r} is of another type"
        raise TypeError(msg)
    return value
