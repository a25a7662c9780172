"""A real service that leaks, and its real dumps: lint names the line that most wait at, first."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

import _go
from snowshed.cli import main

pytestmark = pytest.mark.house

SERVICE = Path(__file__).parent / "go" / "stuck"
LINES = (SERVICE / "main.go").read_text().splitlines()


def line_of(mark: str) -> int:
    """Return the line with the comment ``mark``."""
    (found,) = (number for number, line in enumerate(LINES, 1) if f"// {mark}" in line)
    return found


MOST, SOME, FEW = map(line_of, ("most wait here", "some wait here", "few were started here"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the service as it is built, and as it is built for others to use."""
    folder = tmp_path_factory.mktemp("stuck")
    for name, options in (("plain", ()), ("trimmed", ("-trimpath", "-ldflags=-s -w"))):
        _go.go("build", *options, "-o", folder / name, ".", cwd=SERVICE)
    return {name: folder / name for name in ("plain", "trimmed")}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return the folder of its source as it is deployed: where it stands here all are tests."""
    return Path(shutil.copytree(SERVICE, tmp_path / "shop" / "go" / "stuck"))


@cache
def dump_of(program: Path, form: str) -> bytes:
    return subprocess.run([program, form], capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("how", ["plain", "trimmed"])
@pytest.mark.parametrize("form", ["debug=2", "debug=1", "protobuf"])
@pytest.mark.parametrize("above", [0, 2])
def test_where_most_wait_is_told_first(
    how: str,
    form: str,
    above: int,
    built: dict[str, Path],
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dump = tmp_path / "dump"
    dump.write_bytes(dump_of(built[how], form))
    place = [source, *source.parents][above]
    monkeypatch.chdir(place)
    path = source.relative_to(place)
    assert main(["lint", "--no-cache", "--format", "json", "--dump", str(dump), str(path)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["dumps"][0]["tasks"] == 128
    first, second, *others = told["findings"]
    assert (first["rule"], first["line"]) == ("SN301", MOST)
    assert (first["waiting"]["here"], first["waiting"]["lines"]) == (
        100,
        [{"line": MOST, "count": 100}],
    )
    assert (second["rule"], second["line"], second["waiting"]["here"]) == ("SN308", SOME, 20)
    # Who has started them stands in the list only.
    started = {each["line"]: each["waiting"] for each in others if each["rule"] == "SN101"}
    assert (started[FEW] or {}).get("created") == (3 if form == "debug=2" else None)


def test_it_is_told_in_words(
    built: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = tmp_path / "goroutines.txt"
    dump.write_bytes(dump_of(built["trimmed"], "debug=2"))
    assert main(["lint", "--no-cache", "--dump", str(dump), str(SERVICE)]) == 1
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert f"main.go:{MOST}:" in first
    assert "SN301 " in first
    assert second == "  100 goroutines are waiting on this line now (chan send)"
