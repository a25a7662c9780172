"""What a text with goroutines says, whichever form it has and whatever stands around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.errors import FormatError
from snowshed.formats._goroutines._collected import without_fronts
from snowshed.formats._goroutines._debug1 import counts_in, has_counts
from snowshed.formats._goroutines._debug2 import dump_in, has_goroutines
from snowshed.formats._goroutines._encoding import text_in
from snowshed.formats._goroutines._records import without_records

if TYPE_CHECKING:
    from snowshed.model import GoroutineDump, Profile

__all__ = ["read"]


def read(data: str | bytes) -> GoroutineDump | Profile:
    """Return it: a dump, or what was counted.

    Raises:
        FormatError: there is no goroutine in it.
    """
    text = text_in(data)
    for cleaned in (str, without_records, without_fronts):
        text = cleaned(text)
        if has_goroutines(text):
            return dump_in(text)
        if has_counts(text):
            return counts_in(text)
    what = "no goroutine in it; accepted: the text of debug=1 or debug=2, or a crash dump"
    if isinstance(data, bytes) and (data.startswith(b"\x1f\x8b") or b"\0" in data[:1000]):
        what = "not a text; snowshed.formats.pprof reads profiles in protobuf"
    raise FormatError("goroutines", "line 1", what)
