"""JSON of what a program has named, whatever letters it has used.

A name can hold half a pair of surrogates: Python puts one in for each byte of a path or an argument
that is no UTF-8. No JSON has those, and one task of such a name must not hide all the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["as_json", "as_text"]


def as_json(content: object) -> bytes:
    """Return ``content`` as JSON; what JSON has no word for shows itself as in `repr`.

    Raises:
        Exception: what is shown fails to show itself.
    """
    try:
        return msgspec.json.encode(content, enc_hook=repr)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(content, enc_hook=repr, str_keys=True)
        return msgspec.json.encode(_sendable(plain))


def as_text(text: str) -> bytes:
    """Return ``text`` in UTF-8, an escape in place of each half a pair."""
    return text.encode(errors="backslashreplace")


def _sendable(value: Any) -> Any:
    if isinstance(value, str):
        return as_text(value).decode()
    if isinstance(value, Mapping):
        return {_sendable(key): _sendable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sendable(each) for each in value]
    return value
