"""``snowshed dump``: profiles and texts of one process and of several."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import _debugged
from _snapshots import task
from snowshed.cli import _dump, main
from snowshed.cli._ask import CannotAsk, Process
from snowshed.formats import pprof
from snowshed.model import Profile, Sample, ValueType

ME = str(os.getpid())


@pytest.fixture(autouse=True)
def place() -> Iterator[Path]:
    with _debugged.place() as folder:
        yield folder


def total(profile: Profile) -> int:
    return sum(sample.values[0] for sample in profile.samples)


def test_a_profile_is_what_the_process_sends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _debugged.serving(task(each) for each in range(5)):
        assert main(["dump", ME, "-o", str(tmp_path / "now.pb.gz")]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{tmp_path / 'now.pb.gz'}: ")
    assert total(pprof.read((tmp_path / "now.pb.gz").read_bytes())) == 5


def test_the_profiles_of_workers_are_one_told_apart_by_a_label(tmp_path: Path) -> None:
    with _debugged.workers(3, 4) as pids:
        assert main(["dump", ME, "-o", str(tmp_path / "now.pb.gz")]) == 0
    found = pprof.read((tmp_path / "now.pb.gz").read_bytes())
    counts = {dict(sample.labels)["process"]: sample.values[0] for sample in found.samples}
    assert counts == {str(pids[0]): 3, str(pids[1]): 4}


@pytest.mark.parametrize(
    ("form", "first"), [("debug=1", "goroutine profile:"), ("debug=2", "goroutine ")]
)
def test_a_text_is_as_go_writes_it(
    form: str, first: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with _debugged.serving([task()]):
        assert main(["dump", ME, "--format", form]) == 0
    out, err = capsysbinary.readouterr()
    assert out.startswith(first.encode())
    assert err == b""


def test_the_texts_of_workers_follow_each_other(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with _debugged.workers(1, 1) as pids:
        assert main(["dump", ME, "--format", "debug=2", "-o", "-"]) == 0
    out = capsysbinary.readouterr().out.decode()
    assert [line for line in out.splitlines() if line.startswith("#")] == [
        f"# process {pid}" for pid in sorted(pids)
    ]


def test_a_profile_goes_into_a_pipe_but_not_onto_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "snowshed", "dump", ME]
    with _debugged.serving([task()]):
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert total(pprof.read(done.stdout)) == 1
    monkeypatch.setattr(_dump.sys.stdout, "isatty", lambda: True)
    assert main(["dump", ME]) == 2
    assert (
        "a profile is no text for a terminal: -o FILE, or --format debug=1"
        in capsys.readouterr().err
    )


def test_a_file_that_cannot_be_written_is_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _debugged.serving([]):
        assert main(["dump", ME, "-o", str(tmp_path / "no" / "x")]) == 2
    assert "cannot be written: No such file" in capsys.readouterr().err
    assert main(["dump", "nobody", "-o", str(tmp_path / "x")]) == 2


@pytest.mark.parametrize("path", ["", "no/such/x"])
def test_the_file_is_named_also_without_a_name(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _debugged.serving([]):
        assert main(["dump", ME, "-o", path]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"snowshed dump: {path or repr(path)}: cannot be written: ")


def test_a_page_for_browsers_is_no_dump() -> None:
    page = b"<!doctype html><html><body>"
    answers = [(Process("7", 7, lambda question: page), page)]
    with pytest.raises(CannotAsk, match="7: what it sends is no profile: pprof, byte 0"):
        _dump._in_one_profile(answers)
    for form in ("debug=1", "debug=2"):
        with pytest.raises(CannotAsk, match="no dump of tasks: it begins with '<!doctype html"):
            _dump._in_one_text(answers, form)


def test_what_is_no_profile_or_another_kind_of_one_is_not_merged() -> None:
    process = Process("1", 1, lambda question: b"")
    with pytest.raises(CannotAsk, match="1: what it sends is no profile"):
        _dump._in_one_profile([(process, b"\xff\xff"), (process, b"\xff\xff")])
    one, other = (
        pprof.write(Profile((ValueType(name, "count"),), (Sample((), (1,)),))) for name in "ab"
    )
    with pytest.raises(CannotAsk, match="are they of one version"):
        _dump._in_one_profile([(process, one), (process, other)])


def test_units_of_labels_keep_their_places() -> None:
    process = Process("1", 1, lambda question: b"")
    sample = Sample((), (1,), (("size", 5),), ("bytes",))
    body = pprof.write(Profile((ValueType("a", "count"),), (sample,)))
    found = pprof.read(_dump._in_one_profile([(process, body), (process, body)]))
    assert found.samples[0].labels == (("size", 5), ("process", "1"))
    assert found.samples[0].units == ("bytes", "")
