"""The command: its options, its exit codes, and what it says where."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from lint._told import these_rules
from snowshed.cli import main
from snowshed.formats import goroutines
from snowshed.model import Frame, Goroutine

rules = pytest.fixture(autouse=True)(these_rules)

BAD = "import asyncio\n\n\nasync def main():\n    hang()\n    spawn()\n"
WELL = "import asyncio\n\nasyncio.run(main())\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(BAD)
    (tmp_path / "well.py").write_text(WELL)
    return tmp_path


def lint(*arguments: str) -> int:
    return main(["lint", "--no-cache", *arguments])


def json_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    lint("--format", "json", *arguments)
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def lines_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the places and rules that are told."""
    lint("--format", "concise", *arguments)
    found = capsys.readouterr().out.splitlines()
    return [" ".join(line.split(" ", 2)[:2]) for line in found[:-1]]


def test_what_is_found_is_told_and_the_code_is_1(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint() == 1
    out, err = capsys.readouterr()
    assert out.startswith("app.py:5:5: SN901 stuck-sender: `hang()` never returns\n")
    assert "5 |     hang()\n  |     ^^^^^^\n" in out
    assert out.endswith("\n1 finding in 2 files, 1 fixable with --fix, 1 more with --advice\n")
    assert err == ""


def test_where_nothing_is_found_the_code_is_0(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint("well.py") == 0
    assert capsys.readouterr() == ("nothing found in 1 file\n", "")
    assert lint("--exit-zero") == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--advice"], ["app.py:5:5: SN901", "app.py:6:5: SN902"]),
        (["--select", "SN902"], ["app.py:6:5: SN902"]),
        (["--select", "sn902,stuck-sender"], ["app.py:5:5: SN901", "app.py:6:5: SN902"]),
        (["--select", "SN9", "--ignore", "channel-cascade", "--advice"], ["app.py:6:5: SN902"]),
        (["--ignore", "SN901"], []),
    ],
)
def test_rules_are_chosen(
    arguments: list[str], told: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lines_of(capsys, *arguments) == told


def test_settings_are_heeded_and_what_is_ignored_adds_to_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "pyproject.toml").write_text(
        '[tool.snowshed.lint]\nadvice = true\nignore = ["SN901"]\n'
    )
    assert lines_of(capsys) == ["app.py:6:5: SN902"]
    assert lines_of(capsys, "--ignore", "SN902") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--select", "SN800"], "'SN800' is no rule"),
        (["--select", ""], "--select: name a rule, or leave it out for all"),
        (["--select", "SN901", "--ignore", "SN9"], "every rule that is selected is ignored, too"),
        (["--statistics", "--format", "sarif"], "--statistics is for --format text or json"),
        ([""], "PATH is empty"),
        (["--config", "none.toml"], "--config: none.toml: no such file, or no settings in it"),
        (["-"], "-: --stdin-filename says which file it is taken for"),
        (["--stdin-filename", "a.py", "b.py"], "--stdin-filename: one file, from stdin"),
        (["--write-baseline", "b.json", "--fix"], "--write-baseline accepts what is found"),
        (["--diff", "--format", "json"], "--diff is told as a diff: without --format"),
        (["--diff", "--dump", "x"], "--dump is of what is told: without --diff and --write-b"),
        (["--write-baseline", "b", "--statistics"], "--statistics is of what is told: without"),
        (["-o", "nowhere/x"], "--output 'nowhere/x': there is no folder 'nowhere'"),
        (["-o", "app.py", "app.py"], "--output 'app.py': that is what is to be read"),
        (["--baseline", "missing"], "missing, the baseline: cannot be read: No such file"),
        (["--dump", "missing"], "missing, the dump: cannot be read: No such file"),
        (["--dump", "app.py"], "app.py, "),
        (["--baseline", "app.py"], "app.py, the baseline: no JSON"),
        (["--select", "SN9O1"], "--select: 'SN9O1' is no rule (did you mean 'SN901'?): use an id"),
        (["--jobs", "0"], "--jobs: '0' is not accepted: must be a whole number from 1 to 1024"),
        (["--jobs", "abc"], "--jobs: 'abc' is not accepted: must be a whole number from 1 to"),
    ],
)
def test_what_is_not_accepted_is_one_line(
    arguments: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("snowshed")
    assert err.count("\n") == 1


def test_fix_and_stdin_do_not_go_together(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from_stdin(monkeypatch, BAD)
    assert lint("--stdin-filename", "x.py", "--fix") == 2
    assert "--fix writes files, and stdin is none: use --diff" in capsys.readouterr().err


def test_what_cannot_be_read_is_a_line_and_2_only_if_that_is_all(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint("missing.py", "well.py") == 0
    assert capsys.readouterr().err == "snowshed lint: missing.py: no such file or folder\n"
    assert lint("missing.py") == 2
    assert capsys.readouterr() == ("", "snowshed lint: missing.py: no such file or folder\n")


def test_what_does_not_parse_is_a_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "broken.py").write_text("import asyncio\ndef f(:\n")
    assert lint() == 1
    assert capsys.readouterr().err.startswith("snowshed lint: broken.py:2: ")


def test_a_file_that_is_no_go_is_a_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "notes.go").write_text("to do: all of it\n")
    assert lint("notes.go") == 0
    assert capsys.readouterr().err == (
        "snowshed lint: notes.go: does not begin with a package clause: "
        "what does not parse is left out\n"
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", "[tool.snowshed.lnt]\nadvice = true\n"),
        ("pyproject.toml", "[tool.snowshed]\nselect = ['SN901']\n"),
        ("snowshed.toml", "[tool.snowshed.lint]\nadvice = true\n"),
    ],
)
def test_settings_that_nobody_would_heed_are_refused(
    file: str, text: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / file).write_text(text)
    assert lint() == 2
    assert "unknown section" in capsys.readouterr().err


def test_settings_may_be_those_of_another_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "pyproject.toml").write_text('[tool.snowshed.lint]\nignore = ["SN901"]\n')
    (here / "ci.toml").write_text("[lint]\nadvice = true\n")
    assert lines_of(capsys, "--config", "ci.toml") == ["app.py:5:5: SN901", "app.py:6:5: SN902"]
    assert lines_of(capsys) == []


def test_who_comes_from_go_names_all_below_a_folder(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lines_of(capsys, "./...") == lines_of(capsys) == ["app.py:5:5: SN901"]


def from_stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_an_editor_gives_what_is_not_written_yet(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from_stdin(monkeypatch, BAD)
    assert lines_of(capsys, "--stdin-filename", "well.py") == ["well.py:5:5: SN901"]
    from_stdin(monkeypatch, BAD)
    assert lint("--stdin-filename", "./new/none.py", "-") == 1
    assert "5 |     hang()" in capsys.readouterr().out


def test_a_stdin_that_is_closed_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert lint("--stdin-filename", "a.py") == 2
    assert capsys.readouterr() == ("", "snowshed lint: stdin is closed\n")


def test_a_report_that_cannot_be_written_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint("-o", "/dev/full") == 2
    said = "snowshed lint: /dev/full: cannot be written: No space left on device\n"
    assert capsys.readouterr().err == said


def test_fixes_are_written_and_what_is_left_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint("--fix", "--advice") == 1
    out, err = capsys.readouterr()
    assert (here / "app.py").read_text() == BAD.replace("hang()", "returns()")
    assert err == "mended 1 of SN901\n"
    assert out.startswith("app.py:6:5: SN902 ")
    assert lint("--unsafe-fixes", "--advice") == 0
    assert "scoped()" in (here / "app.py").read_text()


def test_a_diff_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("--diff") == 1
    out, err = capsys.readouterr()
    assert "-    hang()\n+    returns()\n" in out
    assert err == "would mend 1 in 1 file\n"
    assert (here / "app.py").read_text() == BAD
    assert lint("--diff", "--exit-zero", "-o", "mend.diff") == 0
    assert "+    returns()\n" in (here / "mend.diff").read_text()
    assert capsys.readouterr().out == ""
    assert lint("--diff", "well.py") == 0


def test_a_baseline_is_written_and_then_only_what_is_new_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint("--write-baseline", "known.json") == 0
    told = "known.json: 1 finding accepted; for what is new: --baseline known.json\n"
    assert capsys.readouterr() == ("", told)
    assert lint("--baseline", "known.json") == 0
    said = "nothing found in 2 files, 1 in the baseline, 1 more with --advice\n"
    assert capsys.readouterr().out == said
    (here / "well.py").write_text(BAD)
    (here / "app.py").write_text(WELL)
    assert lint("--baseline", "known.json") == 1
    out = capsys.readouterr().out
    assert out.startswith("well.py:5:5: ")
    assert "0 in the baseline, 1 of the baseline gone" in out


def test_a_baseline_that_cannot_be_written_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint("--write-baseline", "no/known.json") == 2
    said = "snowshed lint: no/known.json: cannot be written: No such file or directory\n"
    assert capsys.readouterr() == ("", said)


def test_a_dump_tells_what_is_first(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = Frame("__main__.main", "/srv/shop/app.py", 6)
    text = goroutines.write_debug2([Goroutine(7, "sleep", (at,))] * 60)
    (here / "now.txt").write_text(text)
    assert lint("--dump", "now.txt") == 1
    out = capsys.readouterr().out
    assert out.startswith(
        "app.py:6:5: SN902 task-in-handler: `spawn()` never returns\n"
        "  60 tasks are waiting on this line now (sleep)\n"
    )
    assert out.endswith("\n60 of the 60 tasks in now.txt are at a finding\n")


def test_counts_are_told_beside_a_dump(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = Frame("__main__.main", "/srv/shop/app.py", 6)
    (here / "now.txt").write_text(goroutines.write_debug2([Goroutine(7, "sleep", (at,))] * 60))
    assert lint("--dump", "now.txt", "--statistics") == 1
    out, err = capsys.readouterr()
    assert "\n   1  SN902 task-in-handler (1 unsafe), 60 tasks now\n" in out
    assert out.endswith("\n60 of the 60 tasks in now.txt are at a finding\n")
    assert err == ""
    assert json_of(capsys, "--dump", "now.txt", "--statistics")["waiting"] == 60


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_dump_of_another_program_is_a_line(
    form: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = Frame("main.serve", "/build/other/serve.go", 6)
    (here / "now.txt").write_text(goroutines.write_debug2([Goroutine(7, "sleep", (at,))] * 60))
    assert lint("--dump", "now.txt", "--format", form) == 1
    out, err = capsys.readouterr()
    assert err == (
        "snowshed lint: now.txt: none of its 60 goroutines is in a file that was looked at (most "
        "are in /build/other/serve.go): likely it is of another program or version; look at the "
        "source that this one was built from\n"
    )
    assert form != "text" or out.endswith("none of the 60 goroutines in now.txt is at a finding\n")


def test_a_report_goes_to_a_file_and_says_so(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint("--format", "sarif", "-o", "found.sarif") == 1
    said = "found.sarif: 1 finding in 2 files, 1 fixable with --fix, 1 more with --advice\n"
    assert capsys.readouterr() == ("", said)
    assert json.loads((here / "found.sarif").read_text())["version"] == "2.1.0"


def test_json_is_as_promised(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json_of(capsys)
    assert list(found)[:2] == ["schema", "findings"]
    assert json_of(capsys, "--statistics")["causes"] == {"channel-cascade": 1}


def test_what_is_known_is_kept_where_it_is_said(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint"]) == 1
    assert (here / ".snowshed_cache").is_dir()
    assert main(["lint", "--cache-dir", "elsewhere"]) == 1
    assert (here / "elsewhere").is_dir()


def test_nothing_is_kept_where_nobody_wants_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(here.rglob("*"))
    assert main(["lint", "--no-cache"]) == 1
    assert main(["lint", "--cache-dir", ""]) == 1
    assert main(["lint", "--no-cache", "--cache-dir", "elsewhere"]) == 1
    assert sorted(here.rglob("*")) == before
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("named", [False, True])
def test_where_it_is_kept_is_relative_to_the_settings_that_say_so(
    named: bool, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "pyproject.toml").write_text('[tool.snowshed.lint]\ncache = "kept"\n')
    (here / "app").mkdir()
    (here / "app" / "app.py").write_text(BAD)
    monkeypatch.chdir(here / "app")
    if named:
        monkeypatch.setenv("SNOWSHED_CONFIG", "../pyproject.toml")
    assert main(["lint"]) == 1
    assert (here / "kept" / "lint").is_dir()
    assert main(["lint", "--cache-dir", "mine"]) == 1
    assert (here / "app" / "mine" / "lint").is_dir()
    assert not (here / "app" / "kept").exists()


@pytest.mark.parametrize("mends", [(), ("--fix",)])
def test_where_nothing_can_be_kept_is_a_line(
    mends: tuple[str, ...], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", "--advice", "--cache-dir", "well.py", *mends]) == 1
    out, err = capsys.readouterr()
    said = "well.py: what is found cannot be kept there for the next run: Not a directory"
    assert err.splitlines()[0] == f"snowshed lint: {said}"
    assert err.count("\n") == 1 + len(mends)
    assert "app.py:6:5: SN902" in out


def test_without_what_reads_go_it_is_said(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks(*_: object, **__: object) -> None:
        raise ModuleNotFoundError(name="tree_sitter_go")

    monkeypatch.setattr("snowshed.lint._engine.lint", lacks)
    assert lint() == 2
    assert capsys.readouterr() == ("", "snowshed needs: pip install 'snowshed[lint]'\n")
