from __future__ import annotations

from collections.abc import Iterator

import pytest

from lint._told import these_rules
from snowshed.cli import main
from snowshed.doctor.causes import details
from snowshed.lint import rules
from snowshed.model import Cause


def test_all_are_listed_by_their_causes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    told = capsys.readouterr().out
    lines = told.splitlines()
    listed = [line.split()[0] for line in lines if line[:2] == "  " and line[2] != " "]
    assert sorted(listed) == sorted([*details(), *rules()])
    causes = {each.cause for each in (*details().values(), *rules().values())}
    assert set(lines) & set(Cause) == causes
    assert max(map(len, lines)) <= 100
    assert "  abandoned-sender" in told
    assert told.endswith("\nsnowshed explain WORD says more\n")


@pytest.mark.parametrize("name", details())
def test_each_says_how_it_is_seen_and_what_to_do(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", name]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{name}: ")
    assert "\nLooks for: " in told
    assert "\nDo, in " in told
    assert f"\nCause: {details()[name].cause}\n" in told
    # Lint may know the same fault by the same name.
    known = [rule.id for rule in rules().values() if rule.name == name]
    assert ("\n\n# SN" in told) is bool(known)


def test_an_unknown_word_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "nil-chanel"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said = "snowshed explain: 'nil-chanel' is no detail and no rule (did you mean nil-channel?)\n"
    assert err == said


def test_a_word_that_is_like_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "zzz"]) == 2
    said = "snowshed explain: 'zzz' is no detail and no rule; snowshed explain lists them\n"
    assert capsys.readouterr() == ("", said)


@pytest.fixture
def two_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from these_rules(monkeypatch)


@pytest.mark.usefixtures("two_rules")
@pytest.mark.parametrize("word", ["SN901", "sn901", "stuck-sender"])
def test_a_rule_is_told_by_its_id_or_name(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", word]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# SN901 stuck-sender\n\n- cause: channel-cascade\n- severity: high\n")
    assert told.endswith("\n## Why\nIt stays for ever.\n")


@pytest.mark.usefixtures("two_rules")
def test_rules_are_listed_beside_the_details(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    told = capsys.readouterr().out
    assert "\n  SN901 stuck-sender     A sender waits for a receiver that has left\n" in told
    assert "\n  SN902 task-in-handler  A task of a handler that nobody owns\n" in told


@pytest.mark.usefixtures("two_rules")
def test_who_nearly_knows_a_rule_is_helped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "stuck-sendr"]) == 2
    assert "(did you mean stuck-sender?)" in capsys.readouterr().err


def test_a_word_that_both_know_is_of_one_cause() -> None:
    for rule in rules().values():
        detail = details().get(rule.name)
        assert detail is None or detail.cause is rule.cause
