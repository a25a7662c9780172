"""Dumps of goroutines, in parts: what reads and writes each form, and what the states mean."""

from __future__ import annotations

from snowshed.formats._goroutines._collected import without_fronts
from snowshed.formats._goroutines._debug1 import counts_in, has_counts
from snowshed.formats._goroutines._debug2 import dump_in, has_goroutines
from snowshed.formats._goroutines._encoding import MARKS, text_in
from snowshed.formats._goroutines._records import without_records
from snowshed.formats._goroutines._states import class_of, state_in
from snowshed.formats._goroutines._write import counts, dump

__all__ = [
    "MARKS",
    "class_of",
    "counts",
    "counts_in",
    "dump",
    "dump_in",
    "has_counts",
    "has_goroutines",
    "state_in",
    "text_in",
    "without_fronts",
    "without_records",
]
