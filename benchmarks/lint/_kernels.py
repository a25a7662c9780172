"""The labelled leak programs of the Go toolchain: how many are found, at the line where they stick.

The folder of the kernels has 64 files, 63 of them with a program: ``main.go`` starts the others.
A program counts as found if a finding that is told without being asked for stands at most three
lines from an operation that is stuck when it runs (see `_stuck`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.lint._row import Row, by_rule, looked_at, told
from benchmarks.lint._stuck import Program, folder, kept

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding

__all__ = ["NAME", "measure"]

NAME = "kernels"
NEAR = 3
KERNELS, PATTERNS = 45, 5
_FUNCTION = re.compile(r"^func (?:\(.*?\) )?(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """A program, and what is said of its file.

    Attributes:
        program: the program.
        findings: all of its file, of each tier.
    """

    program: Program
    findings: tuple[Finding, ...]

    @property
    def near(self) -> list[Finding]:
        """Those told without being asked for that stand near to where it is stuck."""
        return [each for each in told(self.findings) if self.distance(each) <= NEAR]

    @property
    def near_by_advice(self) -> bool:
        """Whether nothing but advice stands near to where it is stuck."""
        return not self.near and any(self.distance(each) <= NEAR for each in self.findings)

    @property
    def says_more(self) -> bool:
        """Whether another place that the finding names is near, and its own is not."""
        lines = [each.span.line for finding in told(self.findings) for each in finding.related]
        return not self.near and any(self._distance(line) <= NEAR for line in lines)

    def distance(self, finding: Finding) -> int:
        """Return how many lines lie between a finding and the nearest operation that is stuck."""
        return self._distance(finding.span.line)

    def _distance(self, line: int) -> int:
        return min((abs(line - stuck.line) for stuck in self.program.stuck), default=10**6)


def measure(*, verbose: bool = False) -> Iterator[Row]:
    """Yield the rows; with ``verbose`` print each program that is not found, and why."""
    programs = kept()
    findings = _findings(folder())
    found = [_of(program, findings) for program in programs]
    kernels = [each for each in found if each.program.is_kernel]
    patterns = [each for each in found if each.program.file == "commonpatterns.go"]
    micro = [each for each in found if each.program.file == "simple.go" and each.program.stuck]
    if verbose:
        print("\n".join(_missed([*kernels, *patterns, *micro])))
    yield _count("kernels of real bugs found", kernels, KERNELS)
    yield _count("patterns found", patterns, PATTERNS)
    yield _count("micro programs found", micro, None)
    well = [each for each in found if not each.program.stuck and not each.program.is_kernel]
    wrong = [finding for each in well for finding in told(each.findings)]
    yield Row(NAME, "findings in programs that do not leak", len(wrong), 0, note=by_rule(wrong))
    far = [finding for each in kernels for finding in _far(each)]
    yield Row(NAME, "findings in kernels at other lines", len(far), note=by_rule(far))


def _count(name: str, programs: list[Found], goal: int | None) -> Row:
    near = [each for each in programs if each.near]
    rules = by_rule(each.near[0] for each in near)
    return Row(NAME, name, len(near), goal, at_least=True, of=len(programs), note=rules)


def _findings(top: Path) -> dict[str, list[Finding]]:
    """Return what is said of each file: the folders are named, as they are test data."""
    found: dict[str, list[Finding]] = {}
    for at, below in ((top, ""), (top / "goker", "goker/")):
        for finding in looked_at(sorted(at.glob("*.go")), jobs=1).findings:
            found.setdefault(below + Path(finding.path).name, []).append(finding)
    return found


def _of(program: Program, findings: dict[str, list[Finding]]) -> Found:
    in_file = findings.get(program.file, [])
    if not program.is_kernel:
        lines = _lines_of(program)
        in_file = [each for each in in_file if each.span.line in lines]
    return Found(program, tuple(in_file))


def _lines_of(program: Program) -> set[int]:
    """Return the lines of the functions of a program that shares its file with others.

    They are its own, and those that have its name with a small letter; others are helpers of
    several, and of those only the lines count that somebody is stuck in.
    """
    text = (folder() / program.file).read_text(encoding="utf-8")
    starts = [(match.start(), match[1]) for match in _FUNCTION.finditer(text)]
    lines: set[int] = set()
    for (start, name), (end, _) in zip(starts, [*starts[1:], (len(text), "")], strict=True):
        span = range(text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1)
        is_own = name.lower() == program.name.lower()
        if is_own or any(each.line in span for each in program.stuck):
            lines.update(span)
    return lines


def _far(found: Found) -> Iterable[Finding]:
    return [each for each in told(found.findings) if found.distance(each) > NEAR]


def _missed(found: list[Found]) -> Iterator[str]:
    """Yield what is not found: where it is stuck, and what is said of its file."""
    for each in found:
        if each.near:
            continue
        close = "advice only" if each.near_by_advice else ""
        yield f"MISSED {each.program.name} ({each.program.file}) {close or _other(each)}".rstrip()
        for place in each.program.stuck:
            called = f" called at {', '.join(map(str, place.called_at))}" if place.called_at else ""
            yield f"    stuck {place.line}: {place.state} in {place.function}{called}"
        for finding in each.findings:
            yield (
                f"    said  {finding.span.line}: {finding.rule} ({finding.tier}) {finding.message}"
            )


def _other(found: Found) -> str:
    return "another place that a finding names is near" if found.says_more else ""
