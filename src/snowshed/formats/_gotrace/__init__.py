"""Go execution traces, in parts: bytes, generations, tables, events, lives, and what is told."""

from __future__ import annotations

from snowshed.formats._gotrace._generations import FORMAT, NEWEST, generations, version_of
from snowshed.formats._gotrace._reader import Reader
from snowshed.formats._gotrace._result import result_of
from snowshed.formats._gotrace._source import Readable, Source

__all__ = [
    "FORMAT",
    "NEWEST",
    "Readable",
    "Reader",
    "Source",
    "generations",
    "result_of",
    "version_of",
]
