"""``snowshed rules``: what it prints, and its exit codes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from snowshed.cli import main

RULES = """\
[[rules]]
name = "errors"
when = "error_rate > 15%"
for = "5s"
min_dwell = "0s"
action = { sample = 10 }
  [[rules.then]]
  name = "slow"
  when = "p99 > 1s"
  route = "/api/*"
  action = { timeout = "1s" }
[[rules]]
name = "wide"
when = "peak_tasks > 40"
action = { degrade = ["reviews"] }
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("rules.toml").write_text(RULES)
    rates = [0.3 if 10 <= t < 20 else 0.0 for t in range(40)]
    lines = [json.dumps({"t": t, "error_rate": rate}) for t, rate in enumerate(rates)]
    Path("metrics.jsonl").write_text("\n".join([*lines, "{"]))
    return tmp_path


def test_check_tells_what_the_rules_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", "rules.toml"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "rules.toml: 3 rules, 0 enforced, the others in dry-run",
        "  errors [per instance, dry-run]",
        "    when   error_rate > 15% for 5s",
        "    clear  error_rate < 12.0% for 5s, 0s after the last change at the soonest",
        "    action sample 10",
        "      slow [per route /api/*, dry-run]",
        "        when   p99 > 1s for 10s",
        "        clear  p99 < 800ms for 10s, 30s after the last change at the soonest",
        "        action timeout 1s",
        "  wide [per request, dry-run]",
        "    when   peak_tasks > 40",
        "    action degrade reviews",
    ]


def test_check_tells_all_mistakes_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.toml").write_text(RULES.replace("15%", "15ms").replace("sample = 10", "smaple = 1"))
    assert main(["rules", "check", "rules.toml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (unit,) = err.splitlines()
    assert unit.startswith("rules.toml:3:22: unknown unit 'ms'; accepted are '%', none")


def test_check_reads_settings_files_and_the_standard_rules(
    capsys: pytest.CaptureFixture[str],
) -> None:
    inside = RULES.replace("[[rules", "[[tool.snowshed.shed.rules")
    Path("pyproject.toml").write_text("[tool.snowshed.shed]\nlimit = 3\n" + inside)
    Path("snowshed.toml").write_text("[shed]\nrules = 'rules.toml'\n")
    assert main(["rules", "check", "pyproject.toml"]) == 0
    assert main(["rules", "check", "standard"]) == 0
    assert main(["rules", "check", "snowshed.toml"]) == 2
    assert "the rules are in 'rules.toml': look there" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[shed]\nlimit = 'fixed'\n", RULES])
def test_a_settings_file_without_rules_is_not_right(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("snowshed.toml").write_text(text)
    assert main(["rules", "check", "snowshed.toml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    what = "holds no rules that are enabled; here they stand in [[shed.rules]]"
    assert err == f"snowshed.toml: {what}\n"


def test_check_notes_that_rules_of_the_cluster_have_no_redis(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SNOWSHED_SHED_REDIS", raising=False)
    Path("snowshed.toml").write_text("[shed]\nuse = 'standard'\n")
    assert main(["rules", "check", "snowshed.toml"]) == 0
    note = "rules of the cluster judge each instance alone: redis is not set"
    assert note in capsys.readouterr().err
    Path("snowshed.toml").write_text("[shed]\nuse = 'standard'\nredis = 'redis://h'\n")
    assert main(["rules", "check", "snowshed.toml"]) == 0
    assert main(["rules", "check", "standard"]) == 0
    Path("snowshed.toml").write_text("[shed]\nuse = 'standard'\n")
    monkeypatch.setenv("SNOWSHED_SHED_REDIS", "redis://h")
    assert main(["rules", "check", "snowshed.toml"]) == 0
    assert capsys.readouterr().err == ""


def test_check_speaks_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", "rules.toml", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["rules"][0]["then"][0]["route"] == "/api/*"
    assert document["problems"] == []
    Path("rules.toml").write_text("[[rules]]")
    assert main(["rules", "check", "rules.toml", "--format", "json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["problems"] == [
        {"where": "rules.toml:1:3", "what": "a rule needs a name, which its log lines begin with"}
    ]


def test_test_prints_the_transitions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "test", "rules.toml", "--replay", "metrics.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "t=15         enter  errors: error_rate > 15% (30.0%) for 5s: would sample 10",
        "t=25         leave  errors: error_rate < 12.0% (0.0%) for 5s",
    ]
    single, broken, summary = err.splitlines()
    assert "rule 'wide' judges single requests" in single
    assert broken.startswith("snowshed rules test: metrics.jsonl:41: skipped: no JSON")
    assert summary == "40 readings, 1 broken lines, 3 rules, 2 transitions"


def test_test_speaks_to_programs_and_reads_stdin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Path("metrics.jsonl").read_text()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    command = ["rules", "test", "rules.toml", "--replay", "-", "--format", "json"]
    assert main(command) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["readings"], document["broken"]) == (1, 40, 1)
    assert document["warnings"][1].startswith("stdin:41: skipped")
    enter, leave = document["transitions"]
    assert (enter["t"], enter["event"], enter["rule"]) == (15.0, "enter", "errors")
    assert (leave["t"], leave["event"], leave["mode"]) == (25.0, "leave", "dry-run")


@pytest.mark.parametrize(
    ("rules", "metrics", "message"),
    [
        ("none.toml", "metrics.jsonl", "none.toml: cannot be read: No such file or directory"),
        ("rules.toml", "none.jsonl", "none.jsonl: cannot be read: No such file or directory"),
        ("broken.toml", "metrics.jsonl", "broken.toml:1:3: a rule needs a name"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_2(
    rules: str, metrics: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.toml").write_text("[[rules]]")
    assert main(["rules", "test", rules, "--replay", metrics]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_alone_it_tells_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    out = capsys.readouterr().out
    assert "check" in out
    assert "test" in out
