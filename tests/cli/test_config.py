"""``snowshed config show``: the values in force and where they come from."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from snowshed.attach._settings import Settings
from snowshed.cli import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "snowshed.toml").write_text("[run]\nbudget = 20\ndriver = ['shop.db', 'shop.q']\n")
    monkeypatch.setenv("SNOWSHED_RUN_SERVICE", 'sh"op')
    return tmp_path


def test_the_text_is_settings_file_with_each_place_as_a_comment(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "show"]) == 0
    text = capsys.readouterr().out
    shown = tomllib.loads(text)["run"]
    assert msgspec.convert(shown, Settings) == Settings(
        budget=20, driver=("shop.db", "shop.q"), service='sh"op'
    )
    places = {line.split()[0]: line.partition("  # ")[2] for line in text.splitlines() if line}
    assert places["budget"] == f"{here / 'snowshed.toml'}: run.budget"
    assert places["service"] == "SNOWSHED_RUN_SERVICE"
    assert places["mode"] == "default"
    assert "# timeout = none" in text


def test_json_says_the_same(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    run = {record.pop("key"): record for record in document["sections"]["run"]}
    assert list(run) == [field.name for field in msgspec.structs.fields(Settings)]
    assert run["budget"] == {"value": 20, "source": f"{here / 'snowshed.toml'}: run.budget"}
    assert run["timeout"] == {"value": None, "source": "default"}


def test_tables_are_shown_as_what_may_stand_in_a_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "snowshed.toml").write_text('[shed.routes."GET /feed"]\ncost = 40\nlight = 1\n')
    assert main(["config", "show"]) == 0
    shown = tomllib.loads(capsys.readouterr().out)["shed"]
    assert shown["routes"] == {"GET /feed": {"cost": 40, "light": 1, "bypass": False}}
    assert main(["config", "show", "--json"]) == 0
    [routes] = [
        record["value"]
        for record in json.loads(capsys.readouterr().out)["sections"]["shed"]
        if record["key"] == "routes"
    ]
    assert routes["GET /feed"]["cost"] == 40


def test_rules_among_the_settings_are_shown_as_settings_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = """
[[shed.rules]]
name = "errors"
when = "error_rate > 15%"
action = { degrade = ["reviews", "offers"] }

  [[shed.rules.then]]
  name = "still"
  when = "p99 > 2s"
"""
    (here / "snowshed.toml").write_text(rules)
    assert main(["config", "show"]) == 0
    shown = tomllib.loads(capsys.readouterr().out)["shed"]["rules"]
    assert shown == tomllib.loads(rules)["shed"]["rules"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://ann:s3cret@host:6379/0", "redis://***@host:6379/0"),
        ("rediss://:s3cret@host", "rediss://***@host"),
        ("redis://ann:s3c@ret@host/0", "redis://***@host/0"),
        ("redis://ann:s3c/ret@host/0", "redis://***@host/0"),
        ("redis://ann:s3c ret@host/0", "redis://***@host/0"),
        ("unix:///run/redis.sock?password=s3cret&db=1", "unix:///run/redis.sock?password=***&db=1"),
        ("redis://host:6379/0", "redis://host:6379/0"),
    ],
)
def test_a_password_in_a_url_is_not_shown(
    here: Path, capsys: pytest.CaptureFixture[str], url: str, shown: str
) -> None:
    (here / "snowshed.toml").write_text(f"[shed]\nredis = '{url}'\n")
    assert main(["config", "show"]) == 0
    text = capsys.readouterr().out
    assert tomllib.loads(text)["shed"]["redis"] == shown
    assert main(["config", "show", "--json"]) == 0
    document = capsys.readouterr().out
    shed = {each["key"]: each["value"] for each in json.loads(document)["sections"]["shed"]}
    assert shed["redis"] == shown


def test_a_token_or_a_header_is_not_shown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "snowshed.toml").write_text(
        "[observe]\ndebug_token = 's3cret'\nprofiles_headers = ['A: s3cret', 'B: s3cret']\n"
        "profiles_to = 'https://ann:s3cret@host/ingest?token=s3cret&name=shop'\n"
    )
    assert main(["config", "show"]) == 0
    text = capsys.readouterr().out
    assert main(["config", "show", "--json"]) == 0
    assert "s3cret" not in text + capsys.readouterr().out
    observe = tomllib.loads(text)["observe"]
    assert observe["debug_token"] == "***"
    assert observe["profiles_headers"] == ["***", "***"]
    assert observe["profiles_to"] == "https://***@host/ingest?token=***&name=shop"


def test_a_long_table_does_not_push_the_places_of_all_others_away(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    routes = "".join(f'[shed.routes."GET /{i}"]\ncost = {i + 1}\n' for i in range(9))
    (here / "snowshed.toml").write_text(routes)
    assert main(["config", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    columns = {line.index("  # ") for line in lines if line.endswith("# default")}
    assert max(columns) <= 60
    (long,) = (line for line in lines if line.startswith("routes"))
    assert long.endswith(f"  # {here / 'snowshed.toml'}: shed.routes")


def test_a_table_that_is_no_section_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "snowshed.toml").write_text("[rnu]\n")
    assert main(["config", "show"]) == 2
    assert (
        "rnu: unknown section (did you mean 'run'?); known are doctor, lint, observe, run, shed"
        in capsys.readouterr().err
    )


def test_alone_it_tells_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    assert "show" in capsys.readouterr().out
