"""What each rule is there for, in short: what it has to report, and what it must never.

``promised/`` has a program for each of these. How it does with other shapes is in the tests of the
rule. ``default`` and ``advice`` say what each line with ``want`` is told as.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lint._wanted import go, python
from snowshed.lint import rules

HERE = Path(__file__).parent / "promised"
HEAD = re.compile(r"(SN\d+) (?:go(\d+)\.(\d+) )?(default|advice|well|tests): (.*)")


class Program(NamedTuple):
    rule: str
    go: tuple[int, int]
    tier: str
    name: str
    text: str

    @property
    def is_go(self) -> bool:
        return self.text.startswith("package ")


def _programs() -> Iterator[Program]:
    for file in ("go.txt", "python.txt"):
        text = (HERE / file).read_text(encoding="utf-8")
        for head, code in re.findall(r"^=== (.*)\n((?:(?!=== ).*\n)+)", text, re.MULTILINE):
            found = HEAD.fullmatch(head)
            assert found is not None, head
            rule, major, minor, tier, name = found.groups()
            yield Program(rule, (int(major or 1), int(minor or 27)), tier, name, code)


PROGRAMS = [*_programs()]
# What lint is for, and those of it that have nothing near to them that would be well.
PROMISED = {
    *(f"SN10{number}" for number in range(1, 5)),
    *(f"SN20{number}" for number in range(1, 9)),
    *(f"SN3{number:02}" for number in range(1, 15)),
    *(f"SN40{number}" for number in range(1, 4)),
    *(f"SN50{number}" for number in range(1, 9)),
}
WITHOUT_WELL = {"SN104", "SN205", "SN305", "SN306"}
# What was promised for the other language only.
MORE = {"in_python": {"SN501"}}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda each: f"{each.rule} {each.name}")
def test_it_is_as_promised(program: Program) -> None:
    if program.tier == "tests":
        assert not rules()[program.rule].in_tests
        return
    marked = re.sub(r"(?<=[#/] )want$", f"want {program.tier}", program.text, flags=re.MULTILINE)
    text = marked if program.tier == "advice" else program.text
    assert ("want" in text) is (program.tier != "well")
    if program.is_go:
        go(program.rule, text, go=program.go)
    else:
        python(program.rule, text)


def test_there_is_one_of_each() -> None:
    told = {each.rule for each in PROGRAMS if each.tier in {"default", "advice"}}
    assert told == PROMISED
    assert {each.rule for each in PROGRAMS if each.tier == "well"} == PROMISED - WITHOUT_WELL
    for language in ("in_go", "in_python"):
        here = {each.rule for each in PROGRAMS if each.is_go is (language == "in_go")}
        rest = {id_ for id_ in PROMISED - here if getattr(rules()[id_], language) is not None}
        assert rest == MORE.get(language, set())
