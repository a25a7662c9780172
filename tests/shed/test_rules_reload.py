"""The rules file: read again when it has changed, and only if it is right."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from _flooded import RULES, clean_slate, live
from snowshed.errors import ConfigError
from snowshed.shed._effects import current_effects
from snowshed.shed._meter import Meter
from snowshed.shed._rules import RuleEvent, RuleRunner, RulesFile
from snowshed.testing import run_virtual


@pytest.fixture(autouse=True)
def clean() -> Iterator[list[RuleEvent]]:
    with clean_slate() as told:
        yield told


def rewrite(path: Path, text: str) -> None:
    """Replace a file as an editor does; its time must differ from that of before."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def test_a_changed_file_is_used_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    rewrite(path, RULES)

    async def main() -> RuleRunner:
        runner = RuleRunner(RulesFile(path), meter=Meter(now=0.0))
        task = asyncio.create_task(runner.run())
        await asyncio.sleep(3.5)
        rewrite(path, RULES.replace("15%", "25%"))
        await asyncio.sleep(3)
        assert runner.report()["rules"][0]["when"] == "error_rate > 25%"  # type: ignore[index]
        rewrite(path, RULES.replace("15%", "x"))
        await asyncio.sleep(5)
        assert runner.report()["rules"][0]["when"] == "error_rate > 25%"  # type: ignore[index]
        path.unlink()
        await asyncio.sleep(5)
        rewrite(path, RULES.replace("15%", "35%"))
        await asyncio.sleep(3)
        assert runner.report()["rules"][0]["when"] == "error_rate > 35%"  # type: ignore[index]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return runner

    runner = run_virtual(main())
    first, wrong, gone, last = (event.why for event in runner.events)
    assert first == last == f"read 1 rules from {path}"
    assert wrong.startswith(f"{path}:7:22: 'x' is no threshold")
    assert wrong.endswith("the rules of before stay in force")
    assert "cannot be read: No such file" in gone
    assert (runner.statistics().reloaded, runner.statistics().rejected) == (2, 2)


def test_a_file_that_is_being_written_is_let_be(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    rewrite(path, RULES)
    file = RulesFile(path)
    file.load()
    assert file.poll() is None
    rewrite(path, "")
    assert file.poll() is None
    rewrite(path, RULES.replace("15%", "25%"))
    assert file.poll() is None
    found = file.poll()
    assert found is not None
    assert [rule.when.text for rule in found.rules] == ["error_rate > 25%"]
    assert file.poll() is None


def test_a_rule_that_a_new_file_takes_out_of_force_takes_its_effect_with_it(
    tmp_path: Path, clean: list[RuleEvent]
) -> None:
    path = tmp_path / "rules.toml"
    rewrite(path, RULES)

    async def main() -> None:
        meter = Meter(now=0.0)
        runner = RuleRunner(RulesFile(path), meter=meter)
        task = asyncio.create_task(live(runner, meter, 20, lambda second: 0.9))
        await asyncio.sleep(10)
        assert current_effects().service.degraded
        rewrite(path, "")
        await asyncio.sleep(3)
        assert not current_effects().service.degraded
        await task

    run_virtual(main())
    assert [event.event for event in clean] == ["enter", "leave"]


def test_a_hook_hears_when_the_file_takes_its_rule_out_of_force_and_back(
    tmp_path: Path, clean: list[RuleEvent]
) -> None:
    path = tmp_path / "rules.toml"
    rewrite(path, RULES)

    async def main() -> RuleRunner:
        meter = Meter(now=0.0)
        runner = RuleRunner(RulesFile(path), meter=meter)
        task = asyncio.create_task(live(runner, meter, 20, lambda second: 0.9))
        await asyncio.sleep(8)
        for mode, heard in (("dry-run", ["enter", "leave"]), ("enforce", ["enter"])):
            rewrite(path, RULES.replace("enforce", mode))
            await asyncio.sleep(4)
            assert [event.event for event in clean] == heard
            assert runner.statistics().active == 1
            clean.clear()
        await task
        return runner

    assert run_virtual(main()).statistics().entered == 3


def test_a_file_that_is_wrong_at_the_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        RuleRunner(RulesFile(tmp_path / "no.toml"), meter=Meter())
    (tmp_path / "rules.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8 at byte 0"):
        RulesFile(tmp_path / "rules.toml").load()


def test_the_standard_rules_never_change() -> None:
    file = RulesFile("standard")
    assert len(file.load().rules) == 3
    assert file.poll() is None
    assert repr(file) == "<RulesFile 'standard'>"
