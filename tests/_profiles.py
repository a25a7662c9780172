"""Hypothesis strategies for what the formats write and read."""

from __future__ import annotations

from hypothesis import strategies as st

from snowshed.model import Ancestor, Frame, Goroutine, Profile, Sample, ValueType

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
LINES = st.integers(0, 10**6)
FRAMES = st.builds(Frame, TEXTS, TEXTS, LINES)
STACKS = st.lists(FRAMES, max_size=5).map(tuple)

_VALUE_TYPES = st.builds(ValueType, TEXTS, TEXTS)
_NUMBERS_WITH_UNITS = st.tuples(TEXTS, INT64, TEXTS)
_TEXTS_WITHOUT = st.tuples(TEXTS, TEXTS, st.just(""))


@st.composite
def _samples(draw: st.DrawFn, width: int) -> Sample:
    labels = draw(st.lists(_NUMBERS_WITH_UNITS | _TEXTS_WITHOUT, max_size=3))
    units = tuple(unit for _, _, unit in labels)
    return Sample(
        draw(STACKS),
        tuple(draw(st.lists(INT64, min_size=width, max_size=width))),
        tuple((name, value) for name, value, _ in labels),
        units if any(units) else (),
    )


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    types = draw(st.lists(_VALUE_TYPES, min_size=1, max_size=3))
    return Profile(
        sample_types=tuple(types),
        samples=tuple(draw(st.lists(_samples(len(types)), max_size=5))),
        period_type=draw(st.none() | _VALUE_TYPES),
        period=draw(INT64),
        time_nanos=draw(INT64),
        duration_nanos=draw(INT64),
        comments=tuple(draw(st.lists(TEXTS, max_size=3))),
        default_sample_type=draw(TEXTS),
    )


# What names look like in the text of a dump.
NAMES = st.sampled_from(
    ["main.f", "main.(*queue[...]).take", "a%2eb/c.g.func1.2", "shop.Cart.<locals>.<lambda>", "é_1"]
)
PATHS = st.sampled_from(["/src/a.go", "/srv/my shop/cart.py", "/srv/a:1/b (x).py", "<string>"])
NAMED_FRAMES = st.builds(Frame, NAMES, PATHS, LINES) | st.builds(
    Frame, NAMES, st.just(""), st.just(0)
)
NAMED_STACKS = st.lists(NAMED_FRAMES, max_size=5).map(tuple)
ARGUMENTS = st.sampled_from(["", "...", "0xc0000123?", "{0x1, _}, 0x2", "{...}"])
STATES = st.sampled_from(
    ["running", "chan receive (nil chan)", "queue get", "done, never retrieved", "GC worker (idle)"]
)
IDS = st.integers(0, 2**63 - 1)


@st.composite
def goroutines(draw: st.DrawFn) -> Goroutine:
    stack = draw(NAMED_STACKS)
    arguments = tuple(draw(st.lists(ARGUMENTS, min_size=len(stack), max_size=len(stack))))
    created_by = draw(st.none() | NAMED_FRAMES)
    elided = draw(st.sampled_from([0, 0, 0, 7, None]))
    return Goroutine(
        id=draw(IDS),
        state=draw(STATES),
        stack=stack,
        arguments=arguments if set(arguments) - {"..."} else (),
        created_by=created_by,
        parent=draw(st.none() | IDS) if created_by else None,
        minutes=draw(st.integers(0, 10**6)),
        labels=tuple(draw(st.lists(st.tuples(TEXTS, TEXTS), max_size=3))),
        leaked=draw(st.booleans()),
        locked=draw(st.booleans()),
        bubble=draw(st.none() | IDS),
        elided=elided,
        elided_at=0 if elided == 0 else draw(st.integers(0, len(stack))),
        ancestors=tuple(draw(st.lists(_ANCESTORS, max_size=2))),
    )


_ANCESTORS = st.builds(Ancestor, IDS, NAMED_STACKS, st.none() | NAMED_FRAMES)
