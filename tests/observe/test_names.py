"""A function's name says its module, if one is known for its file."""

from __future__ import annotations

import asyncio.locks
import sys
from types import ModuleType

from snowshed.model import Frame, Profile, Sample, ValueType
from snowshed.observe._go_profile._names import Names

LOCKS = asyncio.locks.__file__


def module(name: str, **attributes: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(attributes)
    return made


def test_the_module_stands_in_front() -> None:
    names = Names()
    frame = names.of(Frame("Lock.acquire", LOCKS, 113))
    assert frame == Frame("asyncio.locks.Lock.acquire", LOCKS, 113)
    assert names.of(frame) == frame, "and only once"


def test_a_file_of_no_module_keeps_its_names() -> None:
    for frame in (Frame("f", "/nowhere/f.py", 1), Frame("f", "", 0), Frame("f", "<string>", 1)):
        assert Names().of(frame) is frame


def test_the_first_of_two_modules_with_one_file_gives_the_name() -> None:
    modules = {
        "__main__": module("__main__", __file__="/srv/app.py"),
        "app": module("app", __file__="/srv/app.py"),
    }
    assert Names(modules).of(Frame("f", "/srv/app.py", 1)).function == "__main__.f"


def test_what_is_among_the_modules_without_being_one_is_left_alone() -> None:
    class Lazy(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    modules = {"lazy": Lazy("lazy"), "none": None, "odd": module("odd", __file__=7)}
    assert Names(modules).of(Frame("f", "7", 1)).function == "f"  # type: ignore[arg-type]


def test_modules_may_come_while_names_are_made() -> None:
    assert Names(sys.modules).of(Frame("g", __file__, 1)).function.endswith("test_names.g")


def test_a_whole_profile_is_named() -> None:
    stack = (Frame("Lock.acquire", LOCKS, 113), Frame("f", "/nowhere/f.py", 1))
    profile = Profile((ValueType("goroutine", "count"),), (Sample(stack, (2,)),))
    named = Names().of_profile(profile)
    assert [frame.function for frame in named.samples[0].stack] == [
        "asyncio.locks.Lock.acquire",
        "f",
    ]
    assert named.samples[0].values == (2,)
    assert named.sample_types == profile.sample_types
