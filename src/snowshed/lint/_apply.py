"""``--fix``: changes files so that what was found is no longer there, or not at all.

Nothing is written before all is decided. What is to be changed is looked at once more as it stands
now, since somebody may have saved a file meanwhile; then with the fixes, until none is left, as one
may uncover the next. A fix after which a file would not parse is refused and told.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from snowshed.lint._edits import applied, breaks, together
from snowshed.lint._files import shown
from snowshed.lint._finding import Problem
from snowshed.lint._suppress import UNUSED

if TYPE_CHECKING:
    from snowshed.lint._engine import Report
    from snowshed.lint._finding import Finding, Fix
    from snowshed.lint._suppress import Unused

__all__ = ["UNUSED", "Again", "Change", "Fixed", "diff", "fixed", "write"]

ROUNDS = 10
"""How often fixes are made upon fixes. Those of a sane rule come to an end after one or two."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a file.

    Attributes:
        path: the file.
        before: its bytes as they were read.
        after: its bytes with the fixes.
    """

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Fixed:
    """What fixes come to; nothing is written yet.

    Attributes:
        report: what is left to find when they are written.
        changes: the files that change, by path.
        counts: how many fixes of each rule there are, by id or `UNUSED`.
        problems: fixes that were refused, because the file would not parse with them.
    """

    report: Report
    changes: tuple[Change, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class Again(Protocol):
    """Looks again: `lint` with the same settings, ``partial(lint, settings=..., cache=...)``."""

    def __call__(self, paths: Sequence[str], /, *, overlay: Mapping[str, bytes]) -> Report: ...


@dataclass(frozen=True, slots=True)
class _Wish:
    """A fix that is asked for, and what it is for."""

    rule: str
    path: str
    line: int
    what: str
    fix: Fix

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by once lines have moved."""
        return self.rule, self.path, self.what


def fixed(
    report: Report,
    again: Again,
    *,
    tells: Callable[[Finding], bool],
    unsafe: bool = False,
    overlay: Mapping[str, bytes] | None = None,
) -> Fixed:
    """Return what the fixes of ``report`` come to, and those of what is found after them.

    Args:
        report: what was found.
        again: looks at files once more.
        tells: whether a finding is one to fix: `Selection.tells`.
        unsafe: also apply fixes after which somebody has to look.
        overlay: what was given to `lint` as such.
    """
    wishes = [*_wishes(report, tells, unsafe=unsafe)]
    folders = {_folder(wish.path) for wish in wishes}
    paths = [path for path in report.read if _folder(path) in folders]
    before = _contents(paths, {shown(path): text for path, text in (overlay or {}).items()})
    if not wishes:
        return Fixed(report)
    # What was found may be of a file that somebody has saved meanwhile: this is of these bytes.
    first = now = again(paths, overlay=before)
    texts = dict(before)
    counts: Counter[str] = Counter()
    refused: dict[tuple[str, str, str], Problem] = {}
    for _ in range(ROUNDS):
        wishes = [*_wishes(now, tells, unsafe=unsafe)]
        made = _made(texts, [wish for wish in wishes if wish.key not in refused], refused)
        if not made:
            break
        counts.update(wish.rule for wish in made)
        now = again(paths, overlay=texts)
    else:
        for wish in _wishes(now, tells, unsafe=unsafe):
            what = f"there is a fix for {wish.rule} still after {ROUNDS} rounds of fixes"
            refused.setdefault(wish.key, Problem(wish.path, what, wish.line))
    changes = [Change(path, before[path], text) for path, text in texts.items()]
    return Fixed(
        _put_together(report, first, now, paths),
        tuple(change for change in changes if change.before != change.after),
        counts,
        tuple(refused.values()),
    )


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _contents(paths: Sequence[str], overlay: Mapping[str, bytes]) -> dict[str, bytes]:
    contents = dict(overlay)
    for path in paths:
        # One that is gone is not read again either, and told then.
        with suppress(OSError):
            if path not in contents:
                contents[path] = Path(path).read_bytes()
    return contents


def _wishes(report: Report, tells: Callable[[Finding], bool], *, unsafe: bool) -> Iterator[_Wish]:
    for finding in report.findings:
        fix = finding.fix
        if fix is not None and (fix.safe or unsafe) and tells(finding):
            yield _Wish(finding.rule, finding.path, finding.span.line, finding.message, fix)
    for each in report.unused:
        yield _Wish(UNUSED, each.path, each.span.line, each.message, each.fix)


def _made(
    texts: dict[str, bytes],
    wishes: Sequence[_Wish],
    refused: dict[tuple[str, str, str], Problem],
) -> list[_Wish]:
    """Make what can be made of ``wishes`` at once in ``texts``; return what that is."""
    in_file: dict[str, list[_Wish]] = defaultdict(list)
    for wish in wishes:
        in_file[wish.path].append(wish)
    made: list[_Wish] = []
    for path, wanted in in_file.items():
        before = texts.get(path)
        if before is None:
            continue
        chosen = _without_broken(path, before, wanted, refused)
        after = applied(before, [wish.fix for wish in chosen])
        if after != before:
            texts[path] = after
            made += chosen
    return made


def _without_broken(
    path: str,
    before: bytes,
    wanted: Sequence[_Wish],
    refused: dict[tuple[str, str, str], Problem],
) -> list[_Wish]:
    """Return those of ``wanted`` that go together and leave a file that parses."""
    fits = together([wish.fix for wish in wanted], len(before))
    chosen = [wish for wish in wanted if wish.fix in fits]
    if not breaks(path, before, applied(before, [wish.fix for wish in chosen])):
        return chosen
    kept: list[_Wish] = []
    for wish in chosen:
        if breaks(path, before, applied(before, [*(each.fix for each in kept), wish.fix])):
            what = f"the fix of {wish.rule} is not made: the file would not parse with it"
            refused[wish.key] = Problem(path, what, wish.line)
        else:
            kept.append(wish)
    return kept


def _put_together(report: Report, first: Report, now: Report, paths: Sequence[str]) -> Report:
    """Return ``report`` with what is found in ``paths`` now, in place of what was at first."""
    looked_at = set(paths)
    findings = [each for each in report.findings if each.path not in looked_at]
    unused = [each for each in report.unused if each.path not in looked_at]
    problems = [each for each in report.problems if each not in first.problems]
    return replace(
        report,
        findings=tuple(sorted((*findings, *now.findings), key=_order)),
        unused=tuple(sorted((*unused, *now.unused), key=_order)),
        problems=(*problems, *now.problems),
        lines=report.lines - first.lines + now.lines,
        suppressed=report.suppressed - first.suppressed + now.suppressed,
        ignored=report.ignored - first.ignored + now.ignored,
    )


def _order(each: Finding | Unused) -> tuple[str, int, int]:
    return each.path, each.span.line, each.span.column


def write(changes: Sequence[Change]) -> tuple[Problem, ...]:
    """Write ``changes``, each file at once or not at all; return what could not be written.

    A file that is no longer as it was read is left alone.
    """
    problems: list[Problem] = []
    for change in changes:
        try:
            if Path(change.path).read_bytes() != change.before:
                what = "has changed meanwhile: its fixes are not written"
                problems.append(Problem(change.path, what))
            else:
                _replace(change)
        except OSError as error:
            problems.append(Problem(change.path, f"cannot be written: {error.strerror}"))
    return tuple(problems)


def _replace(change: Change) -> None:
    # A link stays one: it is what it leads to that changes.
    path = Path(os.path.realpath(change.path))
    now = path.stat()
    beside = path.with_name(f".{path.name}.{os.getpid()}.snowshed")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(change.after)
        with suppress(OSError, AttributeError):
            os.chown(beside, now.st_uid, now.st_gid)
        beside.chmod(stat.S_IMODE(now.st_mode))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


_LINE = re.compile(r"[^\n]*\n?")
_WITHOUT_END = "\n\\ No newline at end of file\n"


def diff(changes: Sequence[Change]) -> str:
    """Return ``changes`` as a unified diff, as ``git apply`` reads it."""
    return "".join(line for change in changes for line in _diff(change))


def _diff(change: Change) -> Iterator[str]:
    lines = difflib.unified_diff(
        _lines(change.before),
        _lines(change.after),
        f"a/{change.path}",
        f"b/{change.path}",
    )
    for line in lines:
        yield line if line.endswith("\n") else line + _WITHOUT_END


def _lines(content: bytes) -> Sequence[str]:
    # Not `splitlines`, which knows more ends of lines than there are for others.
    text = content.decode(errors="replace")
    return [line for line in _LINE.findall(text) if line]
