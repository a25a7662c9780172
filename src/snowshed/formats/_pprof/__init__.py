"""Profiles in protobuf, in parts: what reads, what writes, and what decompresses."""

from __future__ import annotations

from snowshed.formats._pprof._read import profile_of
from snowshed.formats._pprof._unzip import unzip
from snowshed.formats._pprof._write import address_of, message_of

__all__ = ["address_of", "message_of", "profile_of", "unzip"]
