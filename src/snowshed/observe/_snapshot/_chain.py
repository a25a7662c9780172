"""From a task inwards: its coroutine, what that awaits, what that awaits in turn.

The chain is read without making a frame object for any link. A frame that has been looked at stays
with its coroutine until that ends, at 250 bytes each: a look at a flood would make it half as large
again. So functions come from the code objects, and what a known function waits for comes from
`gc.get_referents`, which lists the variables of a suspended coroutine in their order and, other
than ``frame.f_locals``, leaves nothing behind.

It works for coroutines, for generators and asynchronous generators, for what Cython compiles, and
for a job that a `WorkerPool` steps by hand. An object with a ``__next__`` of its own ends the
chain: only its owner knows what it waits for.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from types import (
    AsyncGeneratorType,
    CodeType,
    CoroutineType,
    FrameType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
)
from typing import Any, NamedTuple, TypeAlias, cast

from snowshed.core._pool._worker import _drive

# A chain that is longer is cut.
LINKS_AT_MOST = 10_000
# What stands between two links and is none: it only passes on what it holds.
_PASSING = {"async_generator_asend", "async_generator_athrow", "anext_awaitable"}
_PASSING |= {"coroutine_wrapper"}
_DESCRIPTORS = (GetSetDescriptorType, MemberDescriptorType)
_DRIVE = _drive.__code__
_TYPES_AT_MOST = 1000


class Chain(NamedTuple):
    """The links from the outermost inwards.

    Attributes:
        links: coroutines and generators.
        codes: of the links; None where Cython kept none.
        whole: False if there are more links than were followed.
    """

    links: list[Any]
    codes: list[CodeType | None]
    whole: bool


# Appends a link, if it is one, and returns the next.
_Step: TypeAlias = Callable[[Any, list[Any], list[CodeType | None]], object]


def chain_of(coro: object) -> Chain:
    """Follow what ``coro`` awaits. Cost: about 0.2 us for each link."""
    links: list[Any] = []
    link: Any = coro
    # Most chains are nothing but coroutines, and those are followed as fast as can be.
    while type(link) is CoroutineType:
        links.append(link)
        link = link.cr_await
    codes: list[CodeType | None] = [each.cr_code for each in links]
    step = _STEPS[type(link)]
    while step is not None and len(links) <= LINKS_AT_MOST:
        link = step(link, links, codes)
        step = _STEPS[type(link)]
    whole = len(links) <= LINKS_AT_MOST
    return Chain(links, codes, whole) if whole else _cut(links, codes)


def _cut(links: list[Any], codes: list[CodeType | None]) -> Chain:
    return Chain(links[:LINKS_AT_MOST], codes[:LINKS_AT_MOST], whole=False)


def variable(link: object, kind: type) -> Any:
    """Return the first variable of a suspended ``link`` that is a ``kind``; None if none is."""
    for each in gc.get_referents(link):
        # By type: an object may lie about its class, and the answer would be its own code.
        if issubclass(type(each), kind):
            return each
    return None


def frame_of(link: Any) -> FrameType | None:
    """Return the frame of a link, which makes the frame object if there was none."""
    kind = type(link)
    if kind is GeneratorType:
        frame = link.gi_frame
    elif kind is AsyncGeneratorType:
        frame = link.ag_frame
    else:
        frame = link.cr_frame
    return cast("FrameType | None", frame)


def was_started(coro: Any) -> bool:
    """Tell whether ``coro`` has run its first step; True if it does not say."""
    kind = type(coro)
    if kind is CoroutineType:
        return bool(coro.cr_suspended or coro.cr_running)
    if kind is GeneratorType:
        return bool(coro.gi_suspended or coro.gi_running)
    return True


def runs(coro: Any) -> bool:
    """Tell whether ``coro`` runs at this moment."""
    if type(coro) is GeneratorType:
        return coro.gi_running
    return bool(getattr(coro, "cr_running", False)) if _STEPS[type(coro)] else False


def _coroutine(link: Any, links: list[Any], codes: list[CodeType | None]) -> object:
    links.append(link)
    codes.append(link.cr_code)
    return link.cr_await


def _generator(link: Any, links: list[Any], codes: list[CodeType | None]) -> object:
    links.append(link)
    codes.append(link.gi_code)
    if link.gi_code is _DRIVE:
        # A worker that steps a job: the job goes on in the generator among the variables.
        return variable(link, GeneratorType)
    return link.gi_yieldfrom


def _asynchronous_generator(link: Any, links: list[Any], codes: list[CodeType | None]) -> object:
    links.append(link)
    codes.append(link.ag_code)
    return link.ag_await


def _compiled(link: Any, links: list[Any], codes: list[CodeType | None]) -> object:
    links.append(link)
    code = getattr(link, "cr_code", None)
    codes.append(code if isinstance(code, CodeType) else None)
    return link.cr_await


def _passing(link: object, _links: list[Any], _codes: list[CodeType | None]) -> object:
    return next((each for each in gc.get_referents(link) if _STEPS[type(each)] is not None), None)


class _Steps(dict[type, "_Step | None"]):
    """How to follow each type of link; None for what is the end."""

    def __missing__(self, kind: type) -> _Step | None:
        step: _Step | None = None
        if kind.__name__ in _PASSING and kind.__module__.partition("_")[0] in {"builtins", ""}:
            step = _passing
        elif isinstance(kind.__dict__.get("cr_await"), _DESCRIPTORS):
            step = _compiled
        # Programs that make classes exist, and an entry keeps each alive.
        if len(self) < _TYPES_AT_MOST:
            self[kind] = step
        return step


_STEPS = _Steps(
    {
        CoroutineType: _coroutine,
        GeneratorType: _generator,
        AsyncGeneratorType: _asynchronous_generator,
        type(None): None,
    }
)
