"""What programs read of real rules on real files: JSON, SARIF, counts, and the fix in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import _page
from _sarif import valid_run
from snowshed.cli import main
from snowshed.lint import rules
from snowshed.lint.rules import told

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "lint.md"
GO, PYTHON = "billing/notify.go", "shop/views.py"
HANDLER = """\
import asyncio

from aiohttp import web


async def buy(request):
    asyncio.create_task(audit(request))  # snowshed: ignore[SN203]
    return web.Response(text="ok")
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (code,) = (block.text for block in _page.blocks(PAGE) if block.text.startswith("package bill"))
    for file, text in ((GO, code), (PYTHON, HANDLER)):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text(text)
    return tmp_path


def told_as(form: str, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["lint", "--no-cache", "--format", form, *arguments]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


SENDER = "sender-stuck-on-abandoned-select"
MESSAGE = "`done <- call()` has no receiver once the select on line 10 has left by `<-ctx.Done()`"


@pytest.mark.usefixtures("here")
def test_json_is_as_it_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    document = told_as("json", capsys)
    assert list(document)[:2] == ["schema", "findings"]
    assert document["schema"] == 1
    sender, spawn, unused = document["findings"]
    promised = {
        "rule": "SN301",
        "name": SENDER,
        "cause": "channel-cascade",
        "tier": "default",
        "path": GO,
        "line": 8,
        "column": 3,
        "end_line": 8,
        "message": MESSAGE,
    }
    assert {key: sender[key] for key in promised} == promised
    assert [(each["path"], each["line"], each["message"]) for each in sender["related"]] == [
        (GO, 13, "the case by which the receiver leaves"),
        (GO, 6, "`done` has no place for it"),
    ]
    assert sender["fix"]["safe"] is True
    assert [(each["line"], each["text"]) for each in sender["fix"]["edits"]] == [(6, ", 1")]
    assert (spawn["rule"], spawn["cause"], spawn["line"]) == ("SN101", "detached-spawn", 7)
    assert (spawn["function"], spawn["fix"], spawn["related"]) == ("buy", None, [])
    assert (unused["rule"], unused["name"], unused["cause"]) == (*["unused-suppression"] * 2, None)
    assert (unused["line"], unused["column"], unused["end_line"]) == (7, 42, 7)


@pytest.mark.usefixtures("here")
@pytest.mark.house
def test_sarif_has_what_the_files_of_the_rules_say(capsys: pytest.CaptureFixture[str]) -> None:
    run = valid_run(told_as("sarif", capsys))
    sender, spawn, _unused = run["results"]
    assert [each["ruleId"] for each in run["results"]] == ["SN301", "SN101", "unused-suppression"]
    assert sender["message"]["text"] == f"{MESSAGE[0].upper()}{MESSAGE[1:]}."
    (place,) = spawn["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == PYTHON
    assert place["physicalLocation"]["region"]["startLine"] == 7
    assert [each["physicalLocation"]["region"]["startLine"] for each in sender["relatedLocations"]]
    for described in run["tool"]["driver"]["rules"]:
        rule = rules().get(described["id"])
        if rule is not None:
            assert described["help"]["markdown"] == told(rule.id)
            assert f"/reference/lint/{rule.id}.html" in described["helpUri"]
            assert described["properties"]["tags"] == [rule.cause, "concurrency"]
        # Each says what it is and why, and not one for the other.
        short, full = (described[each]["text"] for each in ("shortDescription", "fullDescription"))
        assert short != full


@pytest.mark.house
def test_the_change_in_sarif_mends_the_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (result, *_) = valid_run(told_as("sarif", capsys, GO))["results"]
    ((change,),) = (fix["artifactChanges"] for fix in result["fixes"])
    (replacement,) = change["replacements"]
    region = replacement["deletedRegion"]
    lines = (here / GO).read_text().splitlines(keepends=True)
    line, start = lines[region["startLine"] - 1], region["startColumn"] - 1
    text = replacement["insertedContent"]["text"]
    lines[region["startLine"] - 1] = line[:start] + text + line[region["endColumn"] - 1 :]
    (here / GO).write_text("".join(lines))
    assert main(["lint", "--no-cache", GO]) == 0


@pytest.mark.usefixtures("here")
def test_counts_are_by_cause(capsys: pytest.CaptureFixture[str]) -> None:
    document = told_as("json", capsys, "--statistics")
    assert document["causes"] == {"channel-cascade": 1, "detached-spawn": 1, "-": 1}
    assert {each["rule"]: each["fixable"] for each in document["rules"]} == {
        "SN301": 1,
        "SN101": 0,
        "unused-suppression": 1,
    }
