"""What is looked up and not read anew is the same as what would have been read."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from snowshed.formats import goroutines
from snowshed.formats._goroutines import _quick
from snowshed.model import Frame, Goroutine, GoroutineDump

CALL = "main.f()\n\t/src/main.go:3 +0x1d\n"


def dump_of(text: str) -> GoroutineDump:
    found = goroutines.read(text)
    assert isinstance(found, GoroutineDump)
    return found


def test_what_is_made_fast_is_a_goroutine_like_any_other() -> None:
    (made,) = dump_of(f"goroutine 7 [running]:\n{CALL}").goroutines
    plain = Goroutine(7, "running", (Frame("main.f", "/src/main.go", 3),), ("",))
    assert (type(made), made, hash(made)) == (Goroutine, plain, hash(plain))
    assert replace(made, id=8) == replace(plain, id=8)
    assert repr(made) == repr(plain)
    assert pickle.loads(pickle.dumps(made)) == plain
    with pytest.raises(FrozenInstanceError):
        made.id = 8  # type: ignore[misc]


def test_calls_that_stand_at_the_same_places_are_told_apart_by_their_names() -> None:
    one, other = (
        f"goroutine {n} [running]:\nmain.f.func{n}(0x{n})\n\t/m.go:3 +0x1d\n" for n in (1, 2)
    )
    for text in (f"{one}\n{other}", f"{one}\n{other}\n{one}"):
        found = dump_of(text)
        assert [each.stack[0].function for each in found.goroutines[:2]] == [
            "main.f.func1",
            "main.f.func2",
        ]
        assert [each.arguments for each in found.goroutines[:2]] == [("0x1",), ("0x2",)]


def test_of_a_dump_in_which_all_stand_elsewhere_little_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_quick, "SHAPES_AT_MOST", 3)
    monkeypatch.setattr(_quick, "HEADS_AT_MOST", 0)
    text = "\n".join(f"goroutine {n} [running]:\nmain.f()\n\t/m.go:{n} +0x1d\n" for n in range(9))
    assert [each.stack[0].line for each in dump_of(text + "\n" + text).goroutines] == [
        *range(9)
    ] * 2


@pytest.mark.parametrize(
    "body",
    [
        "main.f(0x1)(0x2)\n\t/m.go:3",
        "main.f(0x1))\n\t/m.go:3",
        "main.f\n\t/m.go:3",
        "f)\n\t/m.go:3",
        "created by main.f in goroutine x\n\t/m.go:3",
        "created by main.f in goroutine 12345678901234567890\n\t/m.go:3",
        "created by in goroutine 1\n\t/m.go:3",
        "created by main.f in goroutine 1",
    ],
)
def test_a_line_that_is_odd_is_read_alike_before_and_behind_others_of_its_kind(body: str) -> None:
    made = "created by main.f in goroutine 1\n\t/m.go:3\n"
    usual = f"goroutine 1 [running]:\nmain.f(0x1)\n\t/m.go:3\n{made}"
    odd = f"goroutine 7 [running]:\n{body}\n"
    alone, behind = dump_of(odd), dump_of(f"{usual}\n{odd}")
    assert behind.goroutines[1:] == alone.goroutines
    assert len(behind.warnings) == len(alone.warnings)
