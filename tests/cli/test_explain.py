from __future__ import annotations

import pytest

from snowshed.cli import main
from snowshed.doctor.causes import details
from snowshed.model import Cause


def test_all_are_listed_by_their_causes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    told = capsys.readouterr().out
    lines = told.splitlines()
    listed = [line.split()[0] for line in lines if line[:2] == "  " and line[2] != " "]
    assert sorted(listed) == [*details()]
    assert set(lines) & set(Cause) == {detail.cause for detail in details().values()}
    assert max(map(len, lines)) <= 100
    assert "  abandoned-sender" in told
    assert told.endswith("\nsnowshed explain DETAIL says more\n")


@pytest.mark.parametrize("name", details())
def test_each_says_how_it_is_seen_and_what_to_do(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", name]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{name}: ")
    assert "\nLooks for: " in told
    assert "\nDo, in " in told
    assert told.endswith(f"\nCause: {details()[name].cause}\n")


def test_an_unknown_word_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "nil-chanel"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("snowshed explain: 'nil-chanel' is no detail (did you mean nil-channel?)")
    assert err.count("\n") == 1
