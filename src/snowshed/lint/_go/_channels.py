"""The channels that a package makes, and all that is done with each of them.

A goroutine that sends is stuck for ever if nobody receives. Whether somebody does is seen only by
who knows each place at which the channel may be used. So each ``make(chan T)`` is followed: from
the variable to the parameters and fields that it goes into, and on to each place where those are
named. What comes out is a `Channel`: its capacity, its operations, and whether somebody
outside of what can be seen may operate on it, too.

The way is only followed with the values, never against them: what a helper does with its parameter
is done with each channel that it gets, and what one caller does is not taken for what another does.
A field is that of all values of its type. Where something is not seen more may be done
than is said, and `Channel.outside` says so.

Source: inclusion-based points-to analysis, Andersen, "Program Analysis and Specialization for the C
Programming Language" (1994), without contexts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channel import Channel, Does, Operation
from snowshed.lint._go._follow import Follower
from snowshed.lint._go._mentions import mentions_of
from snowshed.lint._go._numbers import number
from snowshed.lint._go._types import is_channel

if TYPE_CHECKING:
    from snowshed.lint._go._package import Package

__all__ = ["Channel", "Does", "Operation", "channels"]


def channels(package: Package) -> list[Channel]:
    """Return what each ``make`` of a channel in functions makes; it is worked out once."""
    found = package.kept.get("channels")
    if not isinstance(found, list):
        found = package.kept["channels"] = list(_channels(package))
    return found


def _channels(package: Package) -> Iterator[Channel]:
    mentions = mentions_of(package)
    for function in mentions.functions:
        for call in function.all(n.Call):
            if isinstance(call.called, n.Name) and call.called.name == "make" and call.arguments:
                made = call.arguments[0]
                if isinstance(made, n.Type | n.Name) and is_channel(_named(package, made.name)):
                    yield Follower(mentions, Channel(call, _capacity(call))).followed()


def _named(package: Package, type_: str) -> str:
    return package.types.get(type_, type_)


def _capacity(call: n.Call) -> int | None:
    return 0 if len(call.arguments) == 1 else number(call.arguments[1])
