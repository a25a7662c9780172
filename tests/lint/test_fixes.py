"""Every fix that a rule can offer is made here, in what ``fixes/`` has, and is well.

What comes out parses, the tools of its language have nothing against it, nothing is found in it any
more, and all comments of what went in are still there. A line with ``// want`` has a finding with a
fix, one with two marks has two. All is done again in files of Windows and in nested functions.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

from _go import go
from lint._vet import vet
from lint._wanted import go_findings, python_findings
from snowshed.lint import Finding, Fix, rules
from snowshed.lint._edits import applied, breaks, together

HERE = Path(__file__).parent / "fixes"
LINT = Path(__file__).parents[2] / "src" / "snowshed" / "lint"
MARK = re.compile(r"(?://|#) want\b")
ROUNDS = 3
# What is told of these is told because of who calls them, or of what stands around them.
NOT_NESTED = {"SN205 literals", "SN301 a channel for the answer"}


class Program(NamedTuple):
    rule: str
    name: str
    go: tuple[int, int]
    text: str

    @property
    def is_go(self) -> bool:
        return self.text.startswith("package ")

    def found(self, text: str) -> list[Finding]:
        if self.is_go:
            return go_findings(self.rule, {"p/main.go": text}, go=self.go)
        return python_findings(self.rule, {"app/main.py": text})


def _programs() -> Iterator[Program]:
    for file in ("go.txt", "python.txt"):
        text = (HERE / file).read_text(encoding="utf-8")
        for head, code in re.findall(r"^=== (.*)\n((?:(?!=== ).*\n)+)", text, re.MULTILINE):
            rule, name = head.split(" ", 1)
            old = re.match(r"go(\d+)\.(\d+) ", name)
            version = (int(old[1]), int(old[2])) if old else (1, 27)
            yield Program(rule, f"{rule} {name}", version, code)


PROGRAMS = [*_programs()]
GO = [each for each in PROGRAMS if each.is_go]
IDS = [each.name for each in PROGRAMS]


def mended(program: Program, text: str) -> str:
    """Return ``text`` after all fixes, and after those of what is found then."""
    path = "p/main.go" if program.is_go else "app/main.py"
    content = text.encode()
    for _ in range(ROUNDS):
        found = program.found(content.decode())
        fixes = [each.fix for each in found if each.fix is not None]
        assert len(fixes) == len(found), "each finding has a fix"
        if not fixes:
            return content.decode()
        after = applied(content, together(fixes, len(content)))
        assert not breaks(path, content, after), after.decode()
        content = after
    raise AssertionError(content.decode())


def commented(text: str) -> list[tuple[list[str], str]]:
    """Return the lines of ``text`` with a comment: the words before that, and the comment."""
    lines = re.findall(r"^(.*?)[ \t]*(//.*|#.*)$", text, re.MULTILINE)
    return [(re.findall(r"\w+", code), comment) for code, comment in lines]


def _is_mostly(now: list[str], before: list[str]) -> bool:
    return now[:1] == before[:1] or 2 * len({*before} & {*now}) >= len({*before})


def check(program: Program, before: str) -> str:
    """Return ``before`` after its fixes, which have left each comment where it belongs."""
    after = mended(program, before)
    left = commented(after)
    for words, comment in commented(before):
        beside = [now for now, said in left if said == comment]
        assert any(_is_mostly(now, words) for now in beside), f"{comment}\n{after}"
    if not program.is_go:
        compile(after, program.name, "exec")
    return after


def nested(program: Program) -> str:
    """Return the program with its functions as literals in others: one step further in."""
    if program.is_go:
        one = re.compile(r"^func ([A-Z]\w*)\(.*\n(?:(?:\t.*)?\n)+\}$", re.MULTILINE)
        return one.sub(lambda found: _in_another(found[0], found[1]), program.text)
    return re.sub(
        r"^(?:async )?def .*\n(?:(?:    .*)?\n)+",
        lambda found: "def outer():\n" + re.sub(r"^(?=.)", "    ", found[0], flags=re.M),
        program.text,
        flags=re.MULTILINE,
    )


def _in_another(function: str, name: str) -> str:
    inner = re.sub(r"^(?=.)", "\t", function, flags=re.MULTILINE)
    inner = inner.replace(f"\tfunc {name}(", f"\t{name} := func(", 1)
    return f"func outer{name}() {{\n{inner}\n\t_ = {name}\n}}"


@pytest.mark.parametrize("program", PROGRAMS, ids=IDS)
def test_what_is_found_is_mended(program: Program) -> None:
    marked = Counter(
        {n: len(MARK.findall(line)) for n, line in enumerate(program.text.splitlines(), 1)}
    )
    assert Counter(each.span.line for each in program.found(program.text)) == +marked
    assert check(program, program.text) != program.text


@pytest.mark.parametrize("program", PROGRAMS, ids=IDS)
def test_lines_of_windows_stay_such(program: Program) -> None:
    after = mended(program, program.text.replace("\n", "\r\n"))
    assert after == mended(program, program.text).replace("\n", "\r\n")


@pytest.mark.parametrize("program", PROGRAMS, ids=IDS)
def test_it_is_the_same_with_other_steps(program: Program) -> None:
    if program.is_go:
        text = program.text.replace("\t", "  ")
        back = re.sub(
            r"^(?:  )+", lambda found: "\t" * (len(found[0]) // 2), check(program, text), flags=re.M
        )
    else:
        text = program.text.replace("    ", "\t")
        back = check(program, text).replace("\t", "    ")
    assert text != program.text
    assert back == mended(program, program.text)


def test_those_that_cannot_be_nested_are_there() -> None:
    assert {each.name for each in PROGRAMS} >= NOT_NESTED


@pytest.mark.parametrize(
    "program", [each for each in PROGRAMS if each.name not in NOT_NESTED], ids=attrgetter("name")
)
def test_it_is_the_same_in_a_nested_function(program: Program) -> None:
    text = nested(program)
    assert text != program.text
    marks = len(MARK.findall(program.text))
    assert len(program.found(text)) == marks, text
    check(program, text)


@pytest.mark.house
def test_go_has_nothing_against_what_comes_out(tmp_path: Path) -> None:
    for version in sorted({each.go for each in GO}):
        folder = tmp_path / "{}.{}".format(*version)
        folder.mkdir()
        these = [each for each in GO if each.go == version]
        texts = [mended(each, text) for each in these for text in {each.text, nested(each)}]
        vet(folder, texts, go=version)
        assert unformatted(folder) == ""


def unformatted(folder: Path) -> str:
    """Return what ``gofmt`` would change in the files of ``folder``."""
    gofmt = Path(go("env", "GOROOT").strip()) / "bin" / "gofmt"
    command = [gofmt, "-d", folder]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def test_each_rule_with_a_fix_is_here() -> None:
    for language in ("in_go", "in_python"):
        offering = {program.rule for program in PROGRAMS if program.is_go is (language == "in_go")}
        assert offering <= {id_ for id_, rule in rules().items() if getattr(rule, language)}
    assert {each.rule for each in PROGRAMS} == {id_ for id_, rule in rules().items() if rule.fixes}


def test_each_place_that_makes_a_fix_is_come_by(monkeypatch: pytest.MonkeyPatch) -> None:
    made: set[tuple[str, str]] = set()
    original = Fix.__init__

    def noting(self: Fix, *arguments: Any, **named: Any) -> None:
        caller: FrameType = sys._getframe(1)
        made.add((Path(caller.f_code.co_filename).name, caller.f_code.co_name))
        original(self, *arguments, **named)

    monkeypatch.setattr(Fix, "__init__", noting)
    for program in PROGRAMS:
        mended(program, program.text)
    known = {place for folder in ("rules", "_go", "_python") for place in _places(LINT / folder)}
    assert known - made == set()


def _places(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the functions that make a fix: their file and their name."""
    for path in sorted(folder.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and any(
                isinstance(each, ast.Call) and getattr(each.func, "id", "") == "Fix"
                for each in ast.walk(function)
            ):
                yield path.name, function.name
