"""Profiles in protobuf, in parts: what reads, what writes, and what decompresses."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from snowshed.formats._pprof._read import profile_of
from snowshed.formats._pprof._unzip import unzip

if TYPE_CHECKING:
    from snowshed.formats._pprof._write import address_of, message_of

__all__ = ["address_of", "message_of", "profile_of", "unzip"]


def __getattr__(name: str) -> object:
    """Load what writes when something is written: reading starts faster without it."""
    if name not in {"address_of", "message_of"}:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}._write"), name)
