"""Real fixes of blocking bugs: what is found before the fix, near to it, and is gone after it.

They are given as a folder, since they are of others: below it a folder for each fix, which holds
the package as it was ``before`` and as it was ``after``, with the paths that it has in its project.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.lint._row import Row, by_rule, looked_at, told

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding

__all__ = ["NAME", "measure"]

NAME = "fixes"
SHARE = 24 / 53
# A finding counts if it, or another place that it names, is so near to a line of the fix ...
NEAR = 10
# ... and if none of the same rule is so near to where its line has gone.
SAME = 3


@dataclass(frozen=True)
class Change:
    """One file of a fix.

    Attributes:
        before: its lines as they were.
        after: its lines since.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]

    @cached_property
    def _codes(self) -> Sequence[tuple[str, int, int, int, int]]:
        return SequenceMatcher(a=self.before, b=self.after, autojunk=False).get_opcodes()

    def is_near(self, line: int) -> bool:
        """Tell whether a line of before is near to what was changed."""
        changed = ((one, two) for tag, one, two, *_ in self._codes if tag != "equal")
        return any(one + 1 - NEAR <= line <= max(two, one + 1) + NEAR for one, two in changed)

    def since(self, line: int) -> int:
        """Return where a line of before is now, or what stands in its place."""
        for _, one, two, here, there in self._codes:
            if one < line <= two:
                return min(here + line - one, max(there, here + 1))
        return line


def measure(top: Path, *, verbose: bool = False) -> Iterator[Row]:
    """Yield the row of the fixes below ``top``; with ``verbose`` print what is said of each."""
    folders = [path for path in sorted(top.iterdir()) if (path / "before").is_dir()]
    found: dict[str, list[Finding]] = {}
    for folder in folders:
        found[folder.name] = gone = _gone(folder)
        if verbose:
            said = [f"{each.path}:{each.span.line} {each.rule} {each.message}" for each in gone]
            print(f"{'found ' if gone else 'MISSED'} {folder.name}", *said, sep="\n    ")
    count = sum(map(bool, found.values()))
    rules = by_rule(gone[0] for gone in found.values() if gone)
    goal = round(SHARE * len(folders))
    name = "fixes with a finding near to them that is gone after them"
    yield Row(NAME, name, count, goal, at_least=True, of=len(folders), note=rules)


def _gone(folder: Path) -> list[Finding]:
    """Return what is told before a fix, near to it, and not after it."""
    before, after = (_told(folder / side) for side in ("before", "after"))
    gone = []
    for finding in before:
        change, name = _at(folder, finding.path)
        place = change.since(finding.span.line)
        same = (each for each in after if each.rule == finding.rule and each.path.endswith(name))
        is_kept = any(abs(each.span.line - place) <= SAME for each in same)
        if not is_kept and _is_near(folder, finding):
            gone.append(finding)
    return gone


def _is_near(folder: Path, finding: Finding) -> bool:
    # Where a channel is made or a lock taken is what many fixes change.
    places = [(finding.path, finding.span), *((each.path, each.span) for each in finding.related)]
    return any(_at(folder, path)[0].is_near(span.line) for path, span in places)


def _at(folder: Path, path: str) -> tuple[Change, str]:
    name = str(Path(path).relative_to(folder / "before"))
    return _change(folder, name), name


def _told(folder: Path) -> list[Finding]:
    # Where there are all names of a package there are files that only some systems build.
    return told(looked_at(sorted(folder.rglob("*.go")), jobs=1).findings)


def _change(folder: Path, name: str) -> Change:
    sides = []
    for side in ("before", "after"):
        file = folder / side / name
        text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
        sides.append(tuple(text.splitlines()))
    return Change(*sides)
