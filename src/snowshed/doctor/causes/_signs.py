"""What shows that a wait which may be normal is worth a word, and who is answerable for it.

A connection that waits for bytes, a transaction that is open, a stream that is read: each is normal
for as long as somebody works with it. So the causes that know goroutines by their calls ask for
more: that there are more and more, that they are old, or that nobody works with what they wait for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from snowshed.doctor._program import Whose, whose
from snowshed.doctor.causes._waits import grows, is_proven

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame, Goroutine

__all__ = [
    "FEW",
    "Calls",
    "Makers",
    "call_of",
    "given_to",
    "lasts",
    "makers_of",
    "program_of",
]

# Who is at work has so few of a thing at once.
FEW = 3
# As many as a large program has on its stacks.
_FUNCTIONS = 20_000


@dataclass(frozen=True, slots=True)
class Makers:
    """Who has made the goroutines of a group.

    Attributes:
        known: whether all goroutines were listed, so that it can be told.
        left: of how many the maker has ended, or has gone back to where no code of the program
            runs, as the goroutine of a connection does between two requests.
        most: how many one maker has made.
    """

    known: bool
    left: int
    most: int

    @property
    def at_work(self) -> bool:
        """Whether whoever has made them is still at work, each with few."""
        return self.known and not self.left and self.most <= FEW

    @property
    def said(self) -> tuple[str, ...]:
        """The line that tells of those who have left; nothing if nobody has."""
        if not self.left:
            return ()
        who = "who made it has" if self.left == 1 else f"who made {self.left:,} of them has"
        return (f"{who} ended, or has gone on to something else",)


def makers_of(case: Case, group: Group) -> Makers:
    """Return who has made those of ``group``."""
    if not case.lists_all:
        return Makers(False, 0, 0)
    made = Counter(each.parent for each in group.members if each.parent is not None)
    left = sum(count for parent, count in made.items() if not _at_work(case.find(parent)))
    return Makers(True, left, max(made.values(), default=0))


def _at_work(maker: Goroutine | None) -> bool:
    return maker is not None and any(whose(frame) is Whose.PROGRAM for frame in maker.stack)


class Calls:
    """Functions that are known by their names.

    Args:
        pattern: a regular expression that matches them from their start.

    There are many stacks and few functions, so each is looked at once.
    """

    __slots__ = ("match",)

    def __init__(self, pattern: str) -> None:
        @lru_cache(_FUNCTIONS)
        def match(function: str) -> bool:
            # Compiled when it is first asked, as most are not. What a `go` statement wraps has
            # the name of whoever made it.
            return re.match(pattern, function) is not None and ".gowrap" not in function

        self.match: Callable[[str], bool] = match


def call_of(group: Group, calls: Calls) -> Frame | None:
    """Return the innermost call of ``group`` that is one of ``calls``."""
    match = calls.match
    return next((frame for frame in group.stack if match(frame.function)), None)


def program_of(group: Group) -> bool:
    """Tell whether a call of the program is on the stack."""
    return any(whose(frame) is Whose.PROGRAM for frame in group.stack)


def given_to(each: Goroutine) -> str:
    """Return the words that the innermost call of the program was given; "" if none are shown."""
    pairs = zip(each.stack, each.arguments, strict=False)
    return next((shown for frame, shown in pairs if whose(frame) is Whose.PROGRAM), "")


def lasts(case: Case, group: Group) -> bool:
    """Tell whether more than the stack speaks against them: growth, age or proof."""
    return (
        grows(case, group) or is_proven(case, group) or group.minutes > 0 or case.stayed(group) > 0
    )
