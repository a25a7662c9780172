"""What a text with goroutines says, whichever form it has and whatever stands around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from snowshed.errors import FormatError
from snowshed.formats._goroutines._collected import without_fronts
from snowshed.formats._goroutines._debug1 import counts_in, has_counts
from snowshed.formats._goroutines._debug2 import dump_in, has_goroutines
from snowshed.formats._goroutines._encoding import text_in
from snowshed.formats._goroutines._pasted import has_entities, without_paste
from snowshed.formats._goroutines._records import without_records
from snowshed.model import GoroutineDump

if TYPE_CHECKING:
    from snowshed.model import Profile

    _Found: TypeAlias = GoroutineDump | Profile

__all__ = ["read"]

# What is larger nobody has pasted: it is not read a second time, and needs no memory for that.
PASTED_AT_MOST = 4 << 20
_WORDS = ("goroutine", "@ 0x", "@&#")


def read(data: str | bytes) -> GoroutineDump | Profile:
    """Return it: a dump, or what was counted.

    Raises:
        FormatError: there is no goroutine in it.
    """
    text = text_in(data)
    found = _collected(text)
    if len(text) <= PASTED_AT_MOST and (found is None or _is_doubtful(found, text)):
        found = _pasted(text, found)
    if found is not None:
        return found
    what = "no goroutine in it; accepted: the text of debug=1 or debug=2, or a crash dump"
    if isinstance(data, bytes) and (data.startswith(b"\x1f\x8b") or b"\0" in data[:1000]):
        what = "not a text; snowshed.formats.pprof reads profiles in protobuf"
    raise FormatError("goroutines", "line 1", what)


def _collected(text: str) -> _Found | None:
    """Return what is in ``text`` as it is, or else without what collectors add."""
    for cleaned in (str, without_records, without_fronts):
        text = cleaned(text)
        found = _found_in(text)
        if found is not None:
            return found
    return None


def _found_in(text: str) -> _Found | None:
    if has_goroutines(text):
        return dump_in(text)
    return counts_in(text) if has_counts(text) else None


def _is_doubtful(found: _Found, text: str) -> bool:
    return bool(found.warnings) or has_entities(text)


def _pasted(text: str, found: _Found | None) -> _Found | None:
    """Return what is in ``text`` if it was pasted, should that be more than was ``found``."""
    if not any(word in text for word in _WORDS):
        return found
    ways = dict.fromkeys((text, without_records(text)))
    texts = (without_fronts(without_paste(each)) for each in ways)
    others = (_found_in(each) for each in dict.fromkeys(texts) if each != text)
    candidates = [each for each in (found, *others) if each is not None]
    if has_entities(text):
        # Names differ then, and nothing else does.
        candidates.reverse()
    return max(candidates, key=_worth, default=None)


def _worth(found: _Found) -> tuple[int, bool, int]:
    """Return how many stacks it has, whether all was understood, and how many frames there are."""
    all_of = found.goroutines if isinstance(found, GoroutineDump) else found.samples
    stacks = [len(each.stack) for each in all_of if each.stack]
    return len(stacks), not found.warnings, sum(stacks)
