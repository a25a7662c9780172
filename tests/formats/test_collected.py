"""Whatever collected a dump, and whoever pasted it: the same goroutines come out of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.errors import FormatError
from snowshed.formats import goroutines
from snowshed.model import GoroutineDump

FOLDER = Path(__file__).parent / "go"
DUMPS = ["panic", "deadlock", "overflow", "maps", "quit", "debug2", "ancestors", "leak2"]


def read(data: str | bytes) -> GoroutineDump:
    found = goroutines.read(data)
    assert isinstance(found, GoroutineDump)
    return found


def text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text()


def each_line(form: Callable[[int, str], str]) -> Callable[[str], str]:
    return lambda text: "".join(
        form(number, line) + "\n" for number, line in enumerate(text.splitlines(), 95)
    )


def record(**fields: object) -> str:
    return json.dumps(fields)


COLLECTED: dict[str, Callable[[str], str | bytes]] = {
    "docker": each_line(
        lambda number, line: record(log=line + "\n", stream="stderr", time=f"2026-11-26T1:{number}")
    ),
    "journalctl -o json": each_line(lambda number, line: record(MESSAGE=line, _PID=str(number))),
    "journald, as bytes": each_line(lambda _, line: record(MESSAGE=[*line.encode()])),
    "fluentd": each_line(
        lambda number, line: f"2026-11-26 17:44:{number} +0000 kube: {record(log=line)}"
    ),
    "CRI": each_line(lambda number, line: f"2026-11-26T17:44:50.{number:09}Z stderr F {line}"),
    "kubectl --prefix": each_line(lambda _, line: f"[pod/shop-7d9f4b-x2x/shop] {line}"),
    "klog": each_line(lambda number, line: f"E1126 17:44:50.{number:06}       1 run.go:74] {line}"),
    "journalctl -o short-iso": each_line(
        lambda number, line: f"2026-11-26T17:44:{number}+0000 host shop[712]: {line}"
    ),
    "coloured": each_line(lambda _, line: f"\x1b[31m{line}\x1b[0m"),
    "docker compose, coloured": each_line(
        lambda _, line: f"\x1b[36mshop-1  |\x1b[0m \x1b[1;31m{line}\x1b[0m"
    ),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "PowerShell": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "UTF-16, the large end first": lambda text: ("\ufeff" + text).encode("utf-16-be"),
    "quoted": each_line(lambda _, line: f"> {line}"),
    "a field of JSON": lambda text: f'{{"level":"info"}}\n{record(level="error", stack=text)}\n',
    "logfmt": lambda text: f"level=error stack={json.dumps(text)} x=y\n",
    "an issue": lambda text: f"### What happened\n\n```\n{text}```\n",
}


@pytest.mark.parametrize("name", DUMPS)
@pytest.mark.parametrize("how", COLLECTED)
def test_the_goroutines_are_the_same_however_they_were_collected(how: str, name: str) -> None:
    found, expected = read(COLLECTED[how](text(name))), read(text(name))
    assert found.goroutines == expected.goroutines
    assert found.warnings == expected.warnings
    # What was said beside them is kept; around them there may be more.
    assert {*expected.notes} <= {*found.notes}


def test_what_is_printed_on_stdout_meanwhile_does_not_stand_in_a_stack() -> None:
    numbers = count()
    docker = each_line(
        lambda _, line: "\n".join(
            (
                record(log=line + "\n", stream="stderr"),
                record(log=f"GET /cart {next(numbers)}\n", stream="stdout"),
            )
        )
    )
    found, expected = read(docker(text("maps"))), read(text("maps"))
    assert found.goroutines == expected.goroutines
    assert "GET /cart 3" in found.notes


def test_a_line_that_docker_has_cut_in_two_is_one() -> None:
    long = "main.f(0x1, 0x2)"
    lines = ["goroutine 7 [running]:\n", long[:9], f"{long[9:]}\n", "\t/srv/main.go:3 +0x1d\n"]
    (goroutine,) = read("".join(record(log=line) + "\n" for line in lines)).goroutines
    assert goroutine.arguments == ("0x1, 0x2",)


def test_a_record_that_was_torn_is_kept_as_it_is() -> None:
    cut = COLLECTED["docker"](text("maps"))
    assert isinstance(cut, str)
    found = read(cut[:-30])
    assert found.goroutines[:-1] == read(text("maps")).goroutines[:-1]
    assert any(note.startswith('{"log": ') for note in found.notes)


def test_the_message_before_a_stack_in_json_is_a_note() -> None:
    said = 'panic: "oh" at C:\\x\n\ngoroutine 7 [running]:\nmain.f()\n\t/src/main.go:3 +0x1d\n'
    found = read(record(level="error", error=said))
    assert found.notes == ('panic: "oh" at C:\\x',)


ODD = ["goroutine 1 [", "\\", '"', "\\n", "{", "}", "[", "1,", ":", '"log":', "\n", "x", "\x1b["]


@given(st.lists(st.sampled_from(ODD), max_size=50).map("".join))
def test_whatever_looks_like_a_record_is_read_or_refused(odd: str) -> None:
    for data in (odd, record(log=odd), record(log=[odd]), f'{{"a": "goroutine 1 [a]:\\n{odd}"}}'):
        with contextlib.suppress(FormatError):
            goroutines.read(data)


@pytest.mark.parametrize(
    "piece", ['\\"', '"', "\\\\", "goroutine 1 [", '{"log":', "\x1b[", "\x1b[1;"]
)
@pytest.mark.parametrize("head", ["", '{"log":"', "goroutine 1 [a]:\\n"])
def test_records_cost_no_more_than_their_length(head: str, piece: str) -> None:
    # A search that tries again from each place would take minutes.
    with contextlib.suppress(FormatError):
        goroutines.read(head + piece * (400_000 // len(piece)))
