"""Several processes: what one of them does is no matter of the others, and none is left behind."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from lint._fakes import IN_A_HURRY, KIT, write
from snowshed.lint import _engine as engine_module
from snowshed.lint import _limit
from snowshed.lint import _workers as workers_module
from snowshed.lint._engine import Report, lint
from snowshed.lint._files import Language
from snowshed.lint._look import Seen, Text, Work
from snowshed.lint._workers import Died, answers


def work(content: str) -> Work:
    return Work(Language.PYTHON, None, [Text("a.py", content.encode(), is_test=False)])


def answered(*contents: str, jobs: int = 2, kit: str = KIT) -> dict[str, Seen | Died]:
    asked = ((content, work(content)) for content in contents)
    return dict(answers(asked, kit, jobs=jobs))


def rules_of(seen: Seen | Died) -> list[str]:
    assert isinstance(seen, Seen)
    return [each.rule for each in seen.findings]


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_all_are_answered(jobs: int) -> None:
    found = answered("BAD", "WORSE", "none", *(f"TELL {number}" for number in range(20)), jobs=jobs)
    assert len(found) == 23
    assert rules_of(found["BAD"]) == ["SN901"]
    assert rules_of(found["none"]) == []
    assert rules_of(found["TELL 19"]) == ["SN906"]


def test_nothing_asked_is_nothing_answered() -> None:
    assert answered() == {}


def test_a_rule_may_print() -> None:
    assert rules_of(answered("PRINT BAD")["PRINT BAD"]) == ["SN901"]


def test_one_that_dies_is_replaced() -> None:
    found = answered("DIE 1", "BAD 1", "DIE 2", "LEAVE", "DIE 3", "BAD 2", "BAD 3")
    assert [rules_of(found[f"BAD {number}"]) for number in (1, 2, 3)] == [["SN901"]] * 3
    for name in ("DIE 1", "DIE 2", "DIE 3"):
        assert str(found[name]) == (
            "the process that did was ended by signal 9; is there enough memory?"
        )
    assert str(found["LEAVE"]) == "the process that did has left with code 3"


@pytest.mark.skipif(_limit.TIMED is None, reason="there are no such clocks here")
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_never_ends_is_ended_and_the_others_are_looked_at(
    jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_limit, "LEAST", 0.05)
    found = answered("SPIN 1", "BAD 1", "SPIN 2", "BAD 2", jobs=jobs, kit=IN_A_HURRY)
    assert [rules_of(found[f"BAD {number}"]) for number in (1, 2)] == [["SN901"]] * 2
    for name in ("SPIN 1", "SPIN 2"):
        assert str(found[name]) == "has taken more than 0 s of a processor, please report it"


def test_where_no_process_can_be_started_this_one_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert rules_of(answered("BAD")["BAD"]) == ["SN901"]


def test_where_they_do_not_get_ready_this_one_does_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers_module, "_CODE", "import nothing_of_this_name")
    assert rules_of(answered("BAD")["BAD"]) == ["SN901"]


def test_what_goes_wrong_while_work_is_prepared_is_raised() -> None:
    def asked() -> Iterator[tuple[str, Work]]:
        yield "BAD", work("BAD")
        msg = "no more"
        raise LookupError(msg)

    with pytest.raises(LookupError, match="no more"):
        dict(answers(asked(), KIT, jobs=2))


def test_none_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def noted(*args: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(popen(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    told = answers(((f"BAD {n}", work("BAD")) for n in range(1000)), KIT, jobs=2)
    next(told)
    told.close()
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)
    assert [thread for thread in threading.enumerate() if "(work)" in thread.name] == []


def test_they_end_when_nobody_writes_to_them() -> None:
    """That is what becomes of them when the one that started them is killed."""
    code = "import sys; from snowshed.lint._workers import serve; serve(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, KIT],
        input=b"",
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.endswith(b"ready")
    assert done.stderr == b""


def test_they_end_when_nobody_reads_what_they_tell() -> None:
    code = "import sys; from snowshed.lint._workers import serve; serve(sys.argv[1])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, KIT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert workers_module._read(process.stdout) == b"ready"
        process.stdout.close()
        workers_module._write(process.stdin, msgspec.msgpack.encode(work("BAD")))
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_message_that_ends_too_early_is_none() -> None:
    assert workers_module._read(io.BytesIO(b"")) is None
    assert workers_module._read(io.BytesIO(b"\x05\0\0")) is None
    assert workers_module._read(io.BytesIO(b"\x05\0\0\0\0\0\0\0abc")) is None
    assert workers_module._read(io.BytesIO(b"\x03\0\0\0\0\0\0\0abcd")) == b"abc"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine_module, "ENOUGH", 1)
    return tmp_path


def looked(jobs: int) -> Report:
    return lint(["."], kit=KIT, jobs=jobs)


def test_a_report_is_the_same_whoever_looked(here: Path) -> None:
    write(
        here,
        {
            f"{number}/{name}": "BAD TELL\nFAIL ODD # snowshed: ignore\n"
            for number in range(9)
            for name in ("a.py", "b.go")
        },
    )
    assert looked(1) == looked(2)
    assert len(looked(2).findings) > 18


def test_a_process_that_dies_is_told_of_its_files(here: Path) -> None:
    write(here, {"a/x.py": "DIE", "a/y.py": "BAD", "b/x.py": "BAD", "c.py": "DIE"})
    report = looked(2)
    assert [each.path for each in report.findings] == ["b/x.py"]
    died = "the process that did was ended by signal 9; is there enough memory?"
    assert [(each.path, each.message) for each in report.problems] == [
        ("a", f"not looked at: {died}"),
        ("c.py", f"not looked at: {died}"),
    ]
    assert report.unread == 3
    assert report.read == ("b/x.py",)


def test_whoever_presses_ctrl_c_does_not_wait(here: Path) -> None:
    write(here, {f"{number}.d/a.py": "BAD" for number in range(50)})
    code = (
        "import os, signal, threading\n"
        "from snowshed.lint import _engine\n"
        "_engine.ENOUGH = 1\n"
        "from lint import _fakes\n"
        "learn = _engine._Run.learn\n"
        "def pressed(*given):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    learn(*given)\n"
        "_engine._Run.learn = pressed\n"
        "try:\n"
        "    _engine.lint(['.'], kit=_fakes.KIT, jobs=2)\n"
        "except KeyboardInterrupt:\n"
        "    print('ended')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.stdout, done.stderr) == ("ended\n", "")
    assert signal.getsignal(signal.SIGINT) is not None
