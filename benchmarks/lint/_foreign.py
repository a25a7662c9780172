"""What is said of well-kept code of others: as little as can be, and all of it worth acting on.

The measure is findings that are told without being asked for, in 10,000 lines. Tests are not
counted, neither their lines nor what is said of them. How many of the findings are worth acting on,
only a reader can tell: those that were read stand in ``lint_judged.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._go import go_root, go_version
from benchmarks.lint._packages import listed, unpacked
from benchmarks.lint._row import Row, by_rule, looked_at, told
from snowshed.lint._finding import Tier

if TYPE_CHECKING:
    from snowshed.lint._engine import Report
    from snowshed.lint._finding import Finding

__all__ = ["GO", "PROJECTS", "PYTHON", "in_go", "in_projects", "in_python"]

GO, PYTHON, PROJECTS = "go", "python", "projects"
GO_GOAL, PYTHON_GOAL = 0.7, 0.5
# The parts of Go's own library that look most like a service.
_PARTS = ("net", "database", "os", "cmd/go")


def in_go(*, verbose: bool = False) -> Iterator[Row]:
    """Yield the rows of Go's standard library."""
    source = go_root() / "src"
    for part in _PARTS:
        yield _row(GO, f"src/{part}", [source / part], None, verbose=verbose)
    some = [source / part for part in _PARTS]
    yield _row(GO, f"these, of {go_version()}", some, GO_GOAL, verbose=False)
    yield _row(GO, "all of src", [source], None, verbose=verbose)


def in_python(*, verbose: bool = False) -> Iterator[Row]:
    """Yield the row of the packages, all together."""
    folders = [*unpacked()]
    if not folders:
        yield Row(PYTHON, "packages", None, PYTHON_GOAL, digits=2, note="none can be had here")
        return
    name = f"{len(folders)} of {len(listed())} packages"
    yield _row(PYTHON, name, folders, PYTHON_GOAL, verbose=verbose)


def in_projects(top: Path, *, verbose: bool = False) -> Iterator[Row]:
    """Yield a row for each project in Go below ``top``, and one of them all."""
    folders = [path for path in sorted(top.iterdir()) if (path / "go.mod").exists()]
    for folder in folders:
        yield _row(PROJECTS, folder.name, [folder], None, verbose=verbose)
    yield _row(PROJECTS, f"{len(folders)} projects in Go", folders, GO_GOAL, verbose=False)


def _row(part: str, name: str, paths: Sequence[Path], goal: float | None, *, verbose: bool) -> Row:
    report = looked_at(paths)
    lines = lines_of(report)
    findings = [each for each in told(report.findings) if not is_test(each.path)]
    if verbose:
        print("\n".join(map(_line, findings)))
    places = sum(each.tier is Tier.DEFAULT and not is_test(each.path) for each in report.findings)
    note = f"{len(findings)} in {lines:,} lines"
    if places > len(findings):
        note = f"{note}, at {places} places"
    if findings:
        note = f"{note}: {by_rule(findings)}"
    value = 10_000 * len(findings) / lines if lines else None
    return Row(part, name, value, goal, digits=2, note=note)


def lines_of(report: Report) -> int:
    """Return how many lines were read that are no tests."""
    return sum(Path(path).read_bytes().count(b"\n") for path in report.read if not is_test(path))


def is_test(path: str) -> bool:
    """Tell whether a file is a test, by its name or that of its folder."""
    file = Path(path)
    if file.suffix == ".go":
        return file.stem.endswith("_test")
    return file.stem.startswith("test_") or not {"test", "tests"}.isdisjoint(file.parts)


def _line(finding: Finding) -> str:
    return f"{finding.path}:{finding.span.line}: {finding.rule} {finding.message}"
