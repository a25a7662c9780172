"""The options of a report: which form, where to, beside what, and without what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snowshed import __version__
from snowshed.cli import main

GO = Path(__file__).parents[1] / "formats" / "go"
LEAKS = str(GO / "leak2.txt")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_goes_to_a_file_and_says_so(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", LEAKS, "--format", "json", "-o", "found.json"]) == 1
    assert capsys.readouterr() == ("", "found.json: 33 goroutines, 4 findings\n")
    assert json.loads((here / "found.json").read_text())["schema"] == 1


def test_code_scanning_gets_paths_below_the_folder_that_it_runs_in(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "states.go").touch()
    assert main(["doctor", LEAKS, "--format", "sarif"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["tool"]["driver"]["semanticVersion"] == __version__
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "states.go", "uriBaseId": "SRCROOT"}


def test_a_browser_gets_one_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", LEAKS, "--format", "html", "-o", "report.html"]) == 1
    assert capsys.readouterr().err == "report.html: 33 goroutines, 4 findings\n"
    page = (here / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>\n")
    assert page.endswith("</html>\n")
    assert "nil-channel" in page


@pytest.mark.parametrize(
    ("output", "said"),
    [(".", "'.': is a folder"), ("no/found.json", "'no/found.json': there is no folder 'no'")],
)
def test_where_nothing_can_be_written_is_told_before_anybody_is_asked(
    output: str, said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "missing", "-o", output]) == 2
    assert capsys.readouterr() == ("", f"snowshed doctor: --output {said}\n")


def test_a_report_does_not_overwrite_what_it_is_about(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "dump").write_bytes(Path(LEAKS).read_bytes())
    assert main(["doctor", "dump", "-o", "./dump"]) == 2
    told = "snowshed doctor: --output './dump': that is what is to be diagnosed\n"
    assert capsys.readouterr() == ("", told)
    assert (here / "dump").read_bytes() == Path(LEAKS).read_bytes()


def test_a_full_disk_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", LEAKS, "-o", "/dev/full"]) == 2
    told = capsys.readouterr().err
    assert told == "snowshed doctor: /dev/full: cannot be written: No space left on device\n"


def test_what_was_there_before_does_not_fail(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", LEAKS, "--format", "json", "-o", "old.json"]) == 1
    assert main(["doctor", LEAKS, "--baseline", "old.json"]) == 0
    assert capsys.readouterr().out.endswith("\n33 goroutines, 4 findings, 4 known\n")
    older = json.loads((here / "old.json").read_text())
    del older["findings"][0]
    (here / "older.json").write_text(json.dumps(older))
    assert main(["doctor", LEAKS, "--baseline", "older.json"]) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (
            b"{",
            "no JSON (JSONDecodeError); accepted: what snowshed doctor --format json has written",
        ),
    ],
)
def test_a_baseline_that_is_none_is_told_before_anybody_is_asked(
    content: bytes | None, said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (here / "old").write_bytes(content)
    assert main(["doctor", "http://127.0.0.1:9", "--baseline", "old"]) == 2
    assert capsys.readouterr() == ("", f"snowshed doctor: old, the baseline: {said}\n")


def test_what_is_well_is_left_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = ["--ignore", "nil-channel", "--ignore", "abandoned-receiver=*states.go"]
    assert main(["doctor", LEAKS, *rules]) == 0
    assert capsys.readouterr().out.endswith(
        "\n33 goroutines, 1 finding, 2 ignored by nil-channel, "
        "1 ignored by abandoned-receiver=*states.go\n"
    )


def test_an_unknown_detail_is_told_before_anybody_is_asked(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "missing", "--ignore", "nil-chanel"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("snowshed doctor: --ignore 'nil-chanel' is no detail (did you mean nil-")
    assert told.count("\n") == 1


def test_a_project_keeps_its_rules_in_its_settings(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "snowshed.toml").write_text('doctor.ignore = ["nil-channel"]\n')
    assert main(["doctor", LEAKS, "--ignore", "abandoned-receiver"]) == 0
    assert "2 ignored by nil-channel" in capsys.readouterr().out
    (here / "snowshed.toml").write_text('doctor.ignore = ["no-such"]\n')
    assert main(["doctor", LEAKS]) == 2
    assert "doctor.ignore: 'no-such' is no detail" in capsys.readouterr().err


def test_rules_are_found_above_the_folder_and_in_the_environment(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "pyproject.toml").write_text('[tool.snowshed.doctor]\nignore = ["nil-channel"]\n')
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    assert main(["doctor", LEAKS]) == 1
    assert "2 ignored by nil-channel" in capsys.readouterr().out
    monkeypatch.chdir("/")
    monkeypatch.setenv("SNOWSHED_DOCTOR_IGNORE", "abandoned-receiver")
    assert main(["doctor", LEAKS]) == 1
    assert "ignored by abandoned-receiver" in capsys.readouterr().out
