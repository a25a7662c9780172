"""However a dump was mangled on its way into a ticket or a chat: the same goroutines are in it."""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.errors import FormatError
from snowshed.formats import goroutines
from snowshed.formats._goroutines import _read
from snowshed.model import Frame, GoroutineDump, Profile

FOLDER = Path(__file__).parent / "go"
DUMPS = ["maps", "deadlock", "debug2", "ancestors"]
COUNTS = ["debug1", "leak1", "mutex1"]
Form = Callable[[str], str]


def read(data: str | bytes) -> GoroutineDump | Profile:
    """What is in it, without what stands around it."""
    found = goroutines.read(data)
    return replace(found, notes=()) if isinstance(found, GoroutineDump) else found


def text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text()


def lines(form: Callable[[int, str], str]) -> Form:
    return lambda text: "".join(
        form(number, line) + "\n" for number, line in enumerate(text.splitlines(), 95)
    )


BOTH: dict[str, Form] = {
    "4 spaces for a tab": lambda text: text.replace("\t", " " * 4),
    "8 spaces for a tab": lambda text: text.expandtabs(8),
    "a space for a tab": lambda text: text.replace("\t", " "),
    "stripped": lines(lambda _, line: line.strip()),
    "indented": lines(lambda _, line: f"    {line}"),
    "more behind": lines(lambda _, line: f"{line}  "),
    "in quotes": lambda text: f'"{text.rstrip()}"\n',
    "in other quotes": lambda text: f"'{text.rstrip()}'\n",
    "fenced": lambda text: f"It hangs:\n```go\n{text}```\n",
    "fenced at once": lambda text: f"```{text.rstrip()}```",
    "quoted": lines(lambda _, line: f"> {line}".rstrip()),
    "quoted twice": lines(lambda _, line: f"> > {line}"),
    "quoted, without a space": lines(lambda _, line: f">{line}"),
    "quoted and fenced": lambda text: lines(lambda _, line: f"> {line}")(f"```\n{text}```\n"),
    "quoted and stripped": lines(lambda _, line: f"> {line.strip()}"),
    "folded": lambda text: f"<details><summary>x</summary>\n\n```\n{text}```\n\n</details>",
    "pre": lambda text: f'<pre class="x"><code>{html.escape(text)}</code></pre>\n',
    "escaped": html.escape,
    "br": lambda text: html.escape(text).replace("\n", "<br/>"),
    "nbsp": lines(lambda _, line: html.escape(line).replace("\t", "&nbsp;" * 4) + "<br>"),
    "rows": lambda text: f"| line |\n|---|\n{lines(lambda _, line: f'| {line} |')(text)}",
    "numbered rows": lines(lambda number, line: f"| {number} | {line} |"),
    "numbered": lines(lambda number, line: f"{number - 94:4}  {line}"),
    "kubectl --prefix": lines(lambda _, line: f"[pod/shop-7d9f4b-x2x/shop] {line}"),
    "klog": lines(lambda number, line: f"E1126 17:44:50.{number:06}    1 run.go:74] {line}"),
    "klog, stripped": lines(lambda n, line: f"E1126 17:44:5.{n:06} 1 run.go:74] {line.strip()}"),
    "docker": lines(lambda _, line: json.dumps({"log": line + "\n", "stream": "stderr"})),
    "docker, on a terminal": lines(lambda _, line: json.dumps({"log": line + "\r\n"})),
    "JSON": json.dumps,
    "out of JSON": lambda text: json.dumps(text)[1:-1],
    "out of JSON, spaces": lambda text: json.dumps(text.expandtabs(4))[1:-1],
    "out of JSON in JSON": lambda text: json.dumps(json.dumps(text))[1:-1],
    "out of JSON, CRLF": lambda text: json.dumps(text.replace("\n", "\r\n"))[1:-1],
    "zero width": lambda text: text.replace("/", "/\u200b"),
    "spaces that do not break": lambda text: text.replace("\t", " " * 4).replace(" ", "\xa0"),
    "a mark in the middle": lambda text: f"It hangs:\n\ufeff{text}",
    "CR": lambda text: text.replace("\n", "\r"),
    "CR CR LF": lambda text: text.replace("\n", "\r\r\n"),
    "without empty lines": lambda text: re.sub(r"\n\n+", "\n", text),
    "double spaced": lambda text: text.replace("\n", "\n\n"),
    "double spaced, with a space": lambda text: text.replace("\n", "\n \n"),
}
OF_DUMPS: dict[str, Form] = {
    "without tabs": lambda text: text.replace("\t", ""),
    "without tabs and empty lines": lambda text: re.sub(r"\n\n+|\t", "\n", text).replace(
        "\n\n", "\n"
    ),
    "double spaced, without tabs": lambda text: text.replace("\t", "").replace("\n", "\n\n"),
    "a cell": lambda text: "| x | " + html.escape(text).replace("\n", "<br>") + " |\n",
}


@pytest.mark.parametrize("name", DUMPS)
@pytest.mark.parametrize("how", [*BOTH, *OF_DUMPS])
def test_the_goroutines_are_the_same_however_they_were_pasted(how: str, name: str) -> None:
    form = (BOTH | OF_DUMPS)[how]
    assert read(form(text(name)).encode()) == read(text(name))


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("how", BOTH)
def test_the_counts_are_the_same_however_they_were_pasted(how: str, name: str) -> None:
    assert read(BOTH[how](text(name)).encode()) == read(text(name))


@pytest.mark.parametrize("form", ["", "4 spaces for a tab", "klog", "quoted", "JSON"])
@pytest.mark.parametrize(("name", "kind"), [("debug1", "goroutine"), ("mutex1", "contention")])
def test_counts_without_their_header_are_read_with_a_warning(
    form: str, name: str, kind: str
) -> None:
    _, _, bare = text(name).partition("\n")
    found, expected = read(BOTH.get(form, str)(bare)), read(text(name))
    assert isinstance(found, Profile)
    assert isinstance(expected, Profile)
    assert (found.sample_types, found.samples) == (expected.sample_types, expected.samples)
    (warning,) = found.warnings
    assert re.fullmatch(
        rf"counts without the line that says of what: 1, first at line \d+: .* {kind}", warning
    )


def test_waits_without_their_rate_are_refused() -> None:
    _, _, bare = text("mutex1").partition("sampling period=1\n")
    with pytest.raises(FormatError, match="no goroutine in it"):
        read(bare)


def test_a_log_that_names_lines_is_not_taken_for_calls() -> None:
    log = "listening (all)\n127.0.0.1:8080\nit was in\nmain.go:12\nthe end:\nwww.example.com:443"
    found = goroutines.read(f"goroutine 7 [running]:\nmain.f()\n/src/main.go:3 +0x1d\n{log}\n")
    assert isinstance(found, GoroutineDump)
    assert [each.stack for each in found.goroutines] == [(Frame("main.f", "/src/main.go", 3),)]
    assert {*log.split("\n")} <= {*found.notes}


def test_names_in_markup_of_a_text_about_markup_are_left() -> None:
    said = 'goroutine 7 [running] {q: "a &lt; <b>"}:\nmain.f()\n\t/src/main.go:3 +0x1d\n'
    found = goroutines.read(said)
    assert isinstance(found, GoroutineDump)
    assert found.goroutines[0].labels == (("q", "a &lt; <b>"),)


def test_what_is_too_large_to_have_been_pasted_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_read, "PASTED_AT_MOST", 100)
    with pytest.raises(FormatError, match="no goroutine in it"):
        read(BOTH["br"](text("maps")))


ODD = ["goroutine 1 [a]:", "\\", "\\n", "\\u", "d800", "<br>", "<pre ", "&lt;", "&#", "|", "> "]
ODD += ["\n", "\t", " ", "1 @ 0x1", "#", " 0x1", "+0x1", "/m.go:3", "f()", '"', "`", "\xa0", "\r"]


@given(st.lists(st.sampled_from(ODD), max_size=60).map("".join))
def test_whatever_looks_pasted_is_read_or_refused(odd: str) -> None:
    for data in (odd, f"goroutine 1 [a]:\\n{odd}", f"goroutine 1 [a]:\nf()\n{odd}\n"):
        with contextlib.suppress(FormatError):
            goroutines.read(data)


@pytest.mark.parametrize("piece", [*ODD, "goroutine 1 [a]: {", "# 0x1 f+0x1 ", "1 ", "1 @ 0x1\n#"])
@pytest.mark.parametrize("head", ["goroutine 1 [a]:\\n", "1 @ 0x1\n# 0x1", "11 goroutine 1 [a]:\n"])
def test_pasted_text_costs_no_more_than_its_length(head: str, piece: str) -> None:
    # A search that tries again from each place would take minutes.
    with contextlib.suppress(FormatError):
        goroutines.read(head + piece * (200_000 // len(piece)))
