"""context-never-done: something waits for the end of a context that nobody cancels.

Looks for: the goroutine that the standard library starts for a context made from one that is not
its own, and for ``signal.NotifyContext``: it ends when the context is cancelled, and not before.
And goroutines of the program that wait in ``chan receive`` and were given a context and nothing
else, so that ``<-ctx.Done()`` is all that they can wait for.

Why: ``WithCancel``, ``WithTimeout`` and ``WithDeadline`` return a function that has to be called on
every path. Where it is lost, whatever waits for the context waits until the parent ends, which may
be never.

Evidence: there are more from look to look; whoever made the context has ended, or has gone on to
something else; the collector has proven that nobody can cancel it any more.

Against: a context lives as long as what it is for, and a long request has one. While whoever made
it is at work, with few of them, it is not told; nor are handlers that wait for the end of theirs.

Silence: ``defer cancel()`` on the line after the context is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._connections import in_request
from snowshed.doctor.causes._signs import Calls, call_of, given_to, makers_of
from snowshed.doctor.causes._waits import grows, orphans, stands_in_program
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "context-never-done",
    Cause.MISSING_DEADLINE,
    why="the function that cancels the context is never called, so whoever waits for its end waits "
    "as long as its parent lives",
    go="call cancel on every path: defer cancel() right behind context.WithCancel or WithTimeout; "
    "give what is to end by itself a deadline",
    python="leave the scope, or give it a timeout: what waits for it then ends with it",
)
_ONLY_CONTEXT = "they were given a context, as it seems, and nothing else that they could wait for"
_PROPAGATES = Calls(
    r"context\.(?:\(\*cancelCtx\)\.)?propagateCancel\.func\d|os/signal\.NotifyContext\.func\d"
)
# An interface is two words: its type, which lies where the program does, and an address of what was
# made since. A function that was given one, and closes over nothing, has nothing else.
_INTERFACE = re.compile(r"\{0x[0-9a-f]{5,8}\??, 0x[0-9a-f]{9,16}\??\}")
_PLAIN = re.compile(r"(?:.*/)?[^/.()]+\.[^.()]+")


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a context, if whoever should cancel it seems to be gone."""
    for group in case.groups:
        if call_of(group, _PROPAGATES):
            yield from _of_library(case, group)
        elif _waits_for_context(case, group):
            left = orphans(case, group)
            # The context of a request ends when the client goes, and clients may become more.
            more = grows(case, group) and not in_request(group)
            if left or group.leaked or more:
                yield Suspicion(
                    DETAIL,
                    group,
                    0.6,
                    evidence=(_ONLY_CONTEXT,),
                    against=("what is to run until the program ends waits in the same way",),
                )


def _of_library(case: Case, group: Group) -> Iterator[Suspicion]:
    makers = makers_of(case, group)
    if makers.at_work and not group.leaked:
        return
    if makers.left or makers.known or group.leaked or grows(case, group):
        yield Suspicion(
            DETAIL,
            group,
            0.85 if makers.left else 0.7,
            evidence=("each stands for a context that has not been cancelled", *makers.said),
            against=() if group.leaked else ("a context lives as long as what it is for",),
        )


def _waits_for_context(case: Case, group: Group) -> bool:
    """Tell whether the program waits in a function that has a context, and no channel."""
    if group.state != "chan receive" or not stands_in_program(group):
        return False
    if case.call_at(group.where) == "runtime.chanrecv2":
        return False
    if not _PLAIN.fullmatch(group.where.at.function):
        return False
    return any(_INTERFACE.fullmatch(given_to(each)) for each in group.members)
