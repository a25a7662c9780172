from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.lint import _docs, _fixes, _kernels, _stuck
from benchmarks.lint._foreign import is_test
from benchmarks.lint._packages import listed
from benchmarks.lint._row import Row, by_rule, told
from benchmarks.lint._stuck import Program, Stuck, stuck_in
from benchmarks.lint._table import merged, summary, table

from _go import go_program
from snowshed.lint._finding import Finding, Related, Span, Tier

_DUMP = """goroutine 1 [running]:
main.main()
\t/go/goker/main.go:38 +0x133

goroutine 7 gp=0x1 m=nil [sync.Mutex.Lock (leaked)]:
internal/sync.runtime_SemacquireMutex(0x28?, 0xc8?, 0x1)
\t/go/src/runtime/sema.go:95 +0x2e
main.(*gossip).manage(0x28ec2420e8c0)
\t/go/goker/gossip.go:31 +0x7f
main.Gossip.func2({0x1, 0x2})
\t/go/goker/gossip.go:57 +0x6d
created by main.Gossip in goroutine 1
\t/go/goker/gossip.go:55 +0x219

goroutine 8 [chan receive]:
main.other()
\t/go/goker/gossip.go:70 +0x34
"""


def finding(line: int, rule: str = "SN308", tier: Tier = Tier.DEFAULT, *near: int) -> Finding:
    related = tuple(Related("gossip.go", Span(each, 1, each, 9), "here") for each in near)
    return Finding(rule, "gossip.go", Span(line, 2, line, 9), "told", tier=tier, related=related)


def test_what_is_stuck_is_the_innermost_line_of_the_program_in_a_leaked_goroutine() -> None:
    found = [*stuck_in(_DUMP, "goker/gossip.go")]
    assert found == [Stuck(31, "(*gossip).manage", "sync.Mutex.Lock", (57,))]


def test_each_kernel_is_stuck_somewhere_and_programs_that_do_not_leak_nowhere() -> None:
    programs = {each.name: each for each in _stuck.kept()}
    assert [name for name, each in programs.items() if not each.stuck] == [
        "NoLeakGlobal",
        "DaisyChain",
    ]
    assert sum(each.is_kernel for each in programs.values()) == 63


def test_each_file_of_the_kernels_is_one_but_the_one_that_starts_them() -> None:
    go_program()
    files = {f"goker/{each.name}" for each in (_stuck.folder() / "goker").glob("*.go")}
    assert files - {each.file for each in _stuck.kept()} == {"goker/main.go"}
    assert len(files) == 64


@pytest.mark.parametrize(
    ("told_at", "found"), [(31, True), (34, True), (28, True), (35, False), (27, False)]
)
def test_a_program_is_found_at_most_three_lines_from_where_it_is_stuck(
    told_at: int, found: bool
) -> None:
    program = Program("Gossip", "goker/gossip.go", (Stuck(31, "f", "select"),))
    assert bool(_kernels.Found(program, (finding(told_at),)).near) is found


def test_advice_and_other_places_do_not_make_a_program_found() -> None:
    program = Program("Gossip", "goker/gossip.go", (Stuck(31, "f", "select"),))
    by_advice = _kernels.Found(program, (finding(31, "SN306", Tier.ADVICE),))
    assert not by_advice.near
    assert by_advice.near_by_advice
    elsewhere = _kernels.Found(program, (finding(12, "SN308", Tier.DEFAULT, 31),))
    assert not elsewhere.near
    assert elsewhere.says_more


def test_a_line_is_near_to_a_fix_and_known_after_it() -> None:
    before = tuple(f"line {number}" for number in range(1, 41))
    after = (*before[:19], "new", "changed", *before[20:])
    change = _fixes.Change(before, after)
    assert [line for line in (9, 10, 20, 30, 31) if change.is_near(line)] == [10, 20, 30]
    assert [change.since(line) for line in (1, 19, 20, 21, 40)] == [1, 19, 20, 22, 41]


def test_a_test_is_told_by_its_name_or_its_folder() -> None:
    tests = ["a/b_test.go", "a/test_b.py", "a/tests/b.py"]
    assert all(map(is_test, tests))
    assert not any(map(is_test, ["a/b.go", "a/testing/b.py", "a/test_b.go", "a/contest_b.py"]))


def test_the_list_of_packages_has_versions() -> None:
    assert len(listed()) >= 30
    assert all(requirement.count("==") == 1 for requirement in listed())


def test_the_table_says_what_is_met_and_missed() -> None:
    rows = [
        Row("kernels", "found", 46, 45, at_least=True, of=63, note="SN308 46"),
        Row("go", "net", 0.74, 0.7, digits=2),
        Row("speed", "rival", None),
    ]
    text = table(rows)
    assert "46 of 63" in text
    assert [line.split()[-1] for line in text.splitlines() if "0.74" in line] == ["MISSED"]
    assert "not measured" in text
    assert summary(rows) == "1 of 2 goals met; missed: go: net"


def test_rows_of_a_part_that_was_measured_again_take_the_place_of_the_old() -> None:
    old = [Row("kernels", "found", 1), Row("go", "net", 2), Row("speed", "cold", 3)]
    new = [Row("go", "os", 4)]
    assert [(row.part, row.name) for row in merged(old, new)] == [
        ("kernels", "found"),
        ("go", "os"),
        ("speed", "cold"),
    ]
    assert [Row.from_json(row.as_json()) for row in old] == old


def test_only_what_is_told_without_being_asked_for_counts() -> None:
    findings = [finding(1), finding(2, "SN301"), finding(3, "SN301"), finding(4, "S", Tier.ADVICE)]
    assert by_rule(told(findings)) == "SN301 2, SN308 1"


def test_a_fix_counts_if_what_is_told_near_to_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for side, text in (("before", "a\nb\nc\n"), ("after", "a\nB\nc\n")):
        file = tmp_path / "one" / side / "x.go"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    is_gone = True

    def findings(folder: Path) -> list[Finding]:
        told_at = [] if folder.name == "after" and is_gone else [2]
        path = str(folder / "x.go")
        return [Finding("SN309", path, Span(line, 1, line, 2), "told") for line in told_at]

    monkeypatch.setattr(_fixes, "_told", findings)
    assert [row.value for row in _fixes.measure(tmp_path)] == [1]
    is_gone = False
    assert [row.value for row in _fixes.measure(tmp_path)] == [0]


def test_the_page_shows_what_was_measured_last() -> None:
    page = _docs.PAGE.read_text(encoding="utf-8")
    assert _docs.renewed(page) == page
