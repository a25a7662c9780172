"""The demo from end to end, on real processes: what it says is what was measured."""

from __future__ import annotations

import importlib.util
import json
import math
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from snowshed.demo import _run, run_demo
from snowshed.demo._model import Plan


def ranked(waits: list[float], percent: float) -> float:
    return sorted(waits)[math.ceil(len(waits) * percent / 100) - 1]


def light(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [outcome for outcome in run["outcomes"] if outcome["kind"] == "light"]


def without_port(command: list[str]) -> list[str]:
    port = command.index("--port") + 1
    return command[:port] + command[port + 1 :]


@pytest.mark.server
@pytest.mark.slow
def test_the_demo_reports_what_it_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {name: tmp_path / name for name in ("data.json", "report.html", "picture.svg")}
    status = run_demo(
        seconds=20.0,
        json_path=str(paths["data.json"]),
        report_path=str(paths["report.html"]),
        picture_path=str(paths["picture.svg"]),
    )
    shown = capsys.readouterr()
    assert status == 0, shown.err
    document = json.loads(paths["data.json"].read_text())
    plan = Plan(**document["flood"]["plan"])
    page, picture = paths["report.html"].read_text(), paths["picture.svg"].read_text()
    bare, guarded = document["flood"]["runs"]

    # The runs differ in the service and in nothing else.
    behind = guarded["command"].index("--") + 1
    assert without_port(guarded["command"][behind:]) == without_port(bare["command"])
    assert [o["at"] for o in bare["outcomes"]] == [o["at"] for o in guarded["outcomes"]]

    # What the shop itself counted: everything at once, and never more than the budget.
    assert bare["summary"]["peak_lookups"] == plan.items
    assert 3 <= guarded["summary"]["peak_lookups"] <= plan.budget
    assert {o["status"] for o in guarded["outcomes"] if o["kind"] == "heavy"} == {503}

    # Every figure follows from the raw outcomes, by other code than the demo's.
    for run in (bare, guarded):
        good = [o for o in light(run) if o["status"] == 200 and o["latency"] <= plan.objective]
        waits = [
            o["latency"] for o in light(run) if o["status"] == 200 or o["failure"] == "timeout"
        ]
        summary = run["summary"]["light"]
        assert summary["good"] == len(good)
        assert summary["p99"] == ranked(waits, 99)
        assert f"{len(good):,} (" in shown.out
        assert f"<td>{len(good):,} (" in page
        assert run["summary"]["peak_tasks"] == max(s["tasks"] for s in run["samples"])
        assert f">{run['summary']['peak_tasks']:,}</text>" in picture

    ET.fromstring(picture)
    check_overload(document, shown.out, page)
    assert str(paths["report.html"]) in shown.out


def check_overload(document: dict[str, Any], table: str, page: str) -> None:
    plan = Plan(**document["overload"]["plan"])
    bare, limited, guarded = document["overload"]["runs"]

    # One option more, or words before it, and nothing else.
    option = ["--limit-concurrency", str(plan.concurrency)]
    assert limited["command"][-2:] == option
    assert without_port(limited["command"][:-2]) == without_port(bare["command"])
    behind = guarded["command"].index("--") + 1
    assert without_port(guarded["command"][behind:]) == without_port(bare["command"])

    # Nobody is refused by the bare service, and it holds all who come; the others refuse.
    statuses = [{o["status"] for o in run["outcomes"]} for run in (bare, limited, guarded)]
    assert 503 not in statuses[0]
    assert 503 in statuses[1] & statuses[2]
    most = [run["summary"]["peak_tasks"] for run in (bare, limited, guarded)]
    assert most[0] > 2 * most[1]
    assert most[0] > 2 * most[2]

    for run in (bare, limited, guarded):
        flood = [o for o in run["outcomes"] if plan.flood_from <= o["at"] < plan.flood_until]
        good = [o for o in flood if o["status"] == 200 and o["latency"] <= plan.objective]
        refused = [o["latency"] for o in flood if o["status"] == 503]
        summary = run["summary"]["light_in_flood"]
        assert summary["good"] == len(good)
        assert summary["refused_p99"] == (ranked(refused, 99) if refused else None)
        assert f"{len(good):,} (" in table
        assert f"<td>{len(good):,} (" in page

    # What uvicorn counts are connections, whether they ask something or not.
    limited, guarded = document["idle"]["runs"]
    assert {o["status"] for o in limited["outcomes"]} == {503}
    assert {o["status"] for o in guarded["outcomes"]} == {200}


@pytest.mark.server
def test_a_service_that_does_not_start_is_one_line_its_output_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        _run,
        "service_command",
        lambda port: (sys.executable, "-c", "raise SystemExit('out of stock')"),
    )
    assert run_demo(seconds=8.0, report_path=str(tmp_path / "report.html"), quiet=True) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "snowshed demo: fan-out flood, the run 'bare' failed: "
        "it ended with exit code 1; its output:\n"
        "    out of stock\n"
    )
    assert not (tmp_path / "report.html").exists()


def test_a_report_that_cannot_be_written_is_found_out_before_a_minute_is_spent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "no such folder" / "report.html"
    assert run_demo(report_path=str(path)) == 2
    assert capsys.readouterr().err == (
        f"snowshed demo: cannot write {path}; name a file in a folder that exists\n"
    )
    assert run_demo(report_path=str(tmp_path)) == 2


def test_a_missing_extra_is_one_line_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name)
    )
    assert run_demo(report_path=str(tmp_path / "report.html")) == 2
    assert capsys.readouterr().err == (
        "snowshed demo: not installed: uvicorn; try: pip install 'snowshed[demo]'\n"
    )


@pytest.mark.parametrize("seconds", [0.0, 7.9, math.nan])
def test_too_short_a_demo_is_refused_with_its_value(seconds: float) -> None:
    with pytest.raises(ValueError, match=repr(seconds)):
        run_demo(seconds=seconds)


@pytest.mark.server
def test_a_demo_that_is_asked_to_end_takes_its_service_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "snowshed.demo", "--report", str(tmp_path / "report.html")]
    environment = {"TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(_run.__file__).parents[2])}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 20
            while not any(path.stat().st_size for path in tmp_path.rglob("gauges.jsonl")):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 128 + signal.SIGTERM
        finally:
            process.kill()
    assert list(tmp_path.rglob("gauges.jsonl")) == []  # its folder is gone, so is the service
