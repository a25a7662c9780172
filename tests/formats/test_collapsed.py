"""Stacks of any names become lines that viewers read, and come back."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from _profiles import FRAMES, STACKS
from snowshed.errors import FormatError
from snowshed.formats import collapsed
from snowshed.model import Frame, Profile, Sample, ValueType

SAMPLES = (ValueType("samples", "count"),)
MAIN, QUERY = Frame("main", "", 0), Frame("Pool.query", "/srv/my shop/db.py", 31)


def profile(*samples: Sample) -> Profile:
    return Profile(SAMPLES, samples)


def test_a_stack_is_a_line_with_the_outermost_call_first() -> None:
    text = collapsed.write(profile(Sample((QUERY, MAIN), (42,)), Sample((MAIN,), (-1,))))
    assert text == "main -1\nmain;Pool.query (/srv/my shop/db.py:31) 42\n"


def test_samples_that_differ_in_labels_only_are_one_line() -> None:
    one = Sample((MAIN,), (1,), (("state", "lock"),))
    other = Sample((MAIN,), (2,), (("state", "sleep"),))
    assert collapsed.write(profile(one, other)) == "main 3\n"


def test_any_of_the_values_can_be_written() -> None:
    types = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))
    assert collapsed.write(Profile(types, (Sample((MAIN,), (1, 9)),)), value=1) == "main 9\n"


@given(st.dictionaries(STACKS, st.integers(-(10**18), 10**18), min_size=1))
@example({(Frame("a;b\n\\u003b", "c;d", 1), Frame(" (e:1)", "", 0)): 1})
@example({(): 3, (Frame("f (g) (x:1)", "/a (b)/c.py", 3),): 1})
@example({(Frame("", "", 0),): 1})
def test_what_was_written_reads_as_it_was(stacks: dict[tuple[Frame, ...], int]) -> None:
    samples = [Sample(stack, (value,)) for stack, value in stacks.items()]
    read = collapsed.read(collapsed.write(profile(*samples)))
    assert Counter(read.samples) == Counter(samples)
    assert read.warnings == ()


@given(FRAMES)
def test_a_frame_takes_no_more_than_its_line(frame: Frame) -> None:
    text = collapsed.write(profile(Sample((frame, MAIN), (1,))))
    assert text.startswith("main;")
    assert text.count("\n") == text.count(";") == 1


def test_a_line_that_is_no_stack_is_left_out_and_named() -> None:
    read = collapsed.read(b"\xef\xbb\xbfmain;f 1\r\n\r\n<html> what\nmain two\n7\nmain 3")
    assert [sample.values for sample in read.samples] == [(1,), (3,)]
    assert read.samples[0].stack[-1].function == "main"
    assert read.warnings == ("lines left out: 3, first at line 3: expected `outer;inner 1`",)


@pytest.mark.parametrize("text", ["", "\n\n", "<html>", b"\xff\x00"])
def test_a_text_without_a_stack_is_refused(text: str | bytes) -> None:
    with pytest.raises(FormatError, match="collapsed, line 1: no stack in it"):
        collapsed.read(text)


@given(st.binary() | st.text())
def test_anything_is_read_or_refused(data: bytes | str) -> None:
    with contextlib.suppress(FormatError):
        assert collapsed.read(data).samples
