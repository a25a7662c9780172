from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from demo._sample import BARE, PLAN
from snowshed.demo._progress import Bar, Lines, Silent, watcher

if TYPE_CHECKING:
    import pytest


def test_the_bar_counts_light_requests_and_ends_full() -> None:
    output = io.StringIO()
    with Bar(Console(file=output, force_terminal=True, width=100)) as shown:
        shown.begin("flood, bare", PLAN)
        for outcome in sorted(BARE.outcomes, key=lambda outcome: outcome.at + outcome.latency):
            shown.see(outcome)
    last = output.getvalue().splitlines()[-2]
    assert "3 in time" in last
    assert "4 late or failed" in last


def test_off_a_terminal_a_run_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with watcher(quiet=False) as shown:
        assert isinstance(shown, Lines)
        shown.begin("flood, bare", PLAN)
        shown.see(BARE.outcomes[0])
    captured = capsys.readouterr()
    assert captured.err == "snowshed demo: flood, bare, 4 s of load\n"
    assert captured.out == ""


def test_quiet_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with watcher(quiet=True) as shown:
        assert type(shown) is Silent
        shown.begin("flood, bare", PLAN)
        shown.see(BARE.outcomes[0])
    assert capsys.readouterr() == ("", "")
