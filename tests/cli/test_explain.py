from __future__ import annotations

from collections.abc import Iterator

import pytest

from lint._told import these_rules
from snowshed.cli import main
from snowshed.doctor.causes import details
from snowshed.lint import rules
from snowshed.lint._suppress import UNUSED
from snowshed.model import Cause


def test_all_are_listed_by_their_causes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    told = capsys.readouterr().out
    lines = told.splitlines()
    listed = [line.split()[0] for line in lines if line[:2] == "  " and line[2] != " "]
    assert sorted(listed) == sorted([*details(), *rules(), UNUSED])
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


def listed(told: str) -> list[str]:
    return [line.split()[0] for line in told.splitlines() if line[:2] == "  " and line[2] != " "]


@pytest.mark.parametrize("cause", Cause)
def test_a_cause_lists_what_there_is_of_it(
    cause: Cause, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", cause]) == 0
    every = (*details().items(), *rules().items())
    assert listed(capsys.readouterr().out) == [name for name, each in every if each.cause is cause]


@pytest.mark.parametrize("word", ["SN3", "sn30", "SN"])
def test_what_ids_begin_with_lists_them(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", word]) == 0
    told = capsys.readouterr().out
    assert sorted(listed(told)) == [id_ for id_ in rules() if id_.startswith(word.upper())]
    assert told.startswith("Found by snowshed lint, in source:\n\n")
    assert "snowshed doctor" not in told


def test_what_is_of_no_rule_is_told_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", UNUSED]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"# {UNUSED}\n\n- cause: none\n")
    assert "\n## Why\nThe next fault at that place would be silenced by it" in told


def test_a_rule_that_is_called_as_a_cause_is_told_with_what_there_is_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain", "unbounded-fanout"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# SN402 unbounded-fanout\n")
    assert "\n\nFound by snowshed lint, in source:\n\nunbounded-fanout\n  SN401 " in told


def test_what_is_copied_from_a_finding_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "SN301", "sender-stuck-on-abandoned-select:"]) == 0
    assert capsys.readouterr().out.count("# SN301 ") == 1
    assert main(["explain", "SN301", "SN302"]) == 0
    assert "\n\n# SN302 receive-skipped-by-return\n" in capsys.readouterr().out
    assert main(["explain", "SN301", "zzz"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("SN3O1", " (did you mean SN301?)"),
        ("SN391", "; snowshed explain SN3 lists them"),
        ("unused-supression", " (did you mean unused-suppression?)"),
        ("missing-deadlines", " (did you mean missing-deadline?)"),
    ],
)
def test_who_nearly_knows_any_word_is_helped(
    word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", word]) == 2
    assert capsys.readouterr().err == f"snowshed explain: {word!r} is no detail and no rule{said}\n"


def test_a_real_rule_is_told_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "SN301"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:8] == [
        "# SN301 sender-stuck-on-abandoned-select",
        "",
        "- cause: channel-cascade",
        "- severity: high",
        "- looks at: Go, tests too",
        "- told: always",
        "- fix: with --fix where it can only mend, else with --unsafe-fixes",
        "",
    ]
    assert lines[8].startswith("A goroutine sends to a channel whose only receiver is a select ")
    heads = [line for line in lines if line.startswith("## ")]
    assert heads == [
        f"## {head}" for head in ("What it does", "Why", "Bad", "Good", "Not reported", "Silence")
    ]
    assert "//snowshed:ignore SN301" in lines[-1] + lines[-2] + lines[-3]


def test_a_word_that_both_know_is_of_one_cause() -> None:
    for rule in rules().values():
        detail = details().get(rule.name)
        assert detail is None or detail.cause is rule.cause
