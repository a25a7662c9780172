"""From paths to what is wrong in them: one call, which no single file or rule can make fail."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache as cached
from itertools import chain
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import msgspec

from snowshed import config
from snowshed.lint._cache import Cache
from snowshed.lint._files import SUFFIX, Role, find, shown
from snowshed.lint._finding import Finding, Problem
from snowshed.lint._look import Kit, Seen, Text, Work
from snowshed.lint._patterns import Patterns
from snowshed.lint._select import Selection, meant
from snowshed.lint._suppress import UNUSED, Silence, Unused, silenced, unused
from snowshed.lint._unit import load, units
from snowshed.lint._workers import Died, answers

if TYPE_CHECKING:
    from snowshed.lint._files import Found, Language
    from snowshed.lint._finding import Finding
    from snowshed.lint._look import Kit
    from snowshed.lint._settings import Settings
    from snowshed.lint._suppress import Silence, Unused
    from snowshed.lint._unit import Loaded, Unit

__all__ = ["Report", "lint"]

ENOUGH = 2_000_000
"""Bytes to look at from which on several processes are sooner done than one."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and what was not looked at.

    Attributes:
        findings: those of all tiers that settings select and no comment silences, by path, line,
            column and rule. Which of them are told is up to `Selection.tells`.
        unused: comments that silence nothing, in the same order: each counts as a finding.
        problems: what could not be looked at, or not whole; a line of stderr each.
        read: the files that were read, as findings name them, sorted.
        lines: how many lines these have.
        suppressed: findings that a comment silences.
        ignored: findings that the settings leave out.
        generated: files that are left out because a program has written them.
        known: files of which the cache knew what is in them.
        unread: how many paths and files could not be read at all.
    """

    findings: tuple[Finding, ...] = ()
    unused: tuple[Unused, ...] = ()
    problems: tuple[Problem, ...] = ()
    read: tuple[str, ...] = ()
    lines: int = 0
    suppressed: int = 0
    ignored: int = 0
    generated: int = 0
    known: int = 0
    unread: int = 0

    @property
    def files(self) -> int:
        """How many files were read."""
        return len(self.read)

    @property
    def failed(self) -> bool:
        """Whether nothing could be read of what was asked for."""
        return not self.read and self.unread > 0


def lint(
    paths: Sequence[str],
    *,
    settings: Settings | None = None,
    jobs: int | None = None,
    cache: Path | None = None,
    overlay: Mapping[str, bytes] | None = None,
    force_exclude: bool = False,
    kit: str = "snowshed.lint._look:real",
) -> Report:
    """Return what is wrong in ``paths``.

    Args:
        paths: files, which are read whatever they are called, and folders, which are walked.
        settings: what is selected and left out; None is all.
        jobs: how many processes look at it; None is one for each core if there is enough to do.
        cache: folder of what is known from earlier runs; None is none.
        overlay: content that stands in the place of a file's, by path: of an editor, or a fix that
            is not written yet. The file need not exist.
        force_exclude: also leave out files that are named, if they are excluded or generated.
        kit: where the rules and readers are made, as ``module:function``.

    Cost: what is in memory at a time is a unit for each process, and what was found.
    """
    base = config.directory() or Path.cwd()
    base = base if base.is_dir() else base.parent
    instead = {shown(path): content for path, content in (overlay or {}).items()}
    found = find(
        paths,
        exclude=Patterns(settings.exclude if settings else ()),
        base=base,
        given=instead,
        force_exclude=force_exclude,
    )
    run = _Run(resolve_name(kit)(), cache, instead, force_exclude=force_exclude)
    todo, is_much = _weighed(run.not_known(units(found.files)))
    with closing(answers(todo, kit, jobs=(jobs or _cores()) if is_much else 1)) as told:
        for asked, seen in told:
            run.learn(asked, seen)
    run.save()
    return run.report(found, settings.selection() if settings else Selection(), base)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


_Todo = Iterator[tuple["_Asked", Work]]


def _weighed(todo: _Todo) -> tuple[_Todo, bool]:
    """Return ``todo``, and whether that is more than one process had better do alone."""
    taken: list[tuple[_Asked, Work]] = []
    size = 0
    for each in todo:
        taken.append(each)
        size += sum(len(text.content) for text in each[1].files)
        if size > ENOUGH and len(taken) > 1:
            return chain(taken, todo), True
    return iter(taken), False


@dataclass(frozen=True, slots=True)
class _Asked:
    """A unit that is being looked at.

    Attributes:
        key: what the cache knows it by.
        paths: the files that are asked about.
        beside: those that are looked at with them.
    """

    key: bytes
    paths: frozenset[str]
    beside: frozenset[str]

    @property
    def name(self) -> str:
        """What to call it."""
        first = min(self.paths)
        return first if len(self.paths) == 1 else first.rpartition("/")[0] or "."


class _Run:
    """One call: what was read and found so far."""

    def __init__(
        self, kit: Kit, cache: Path | None, instead: Mapping[str, bytes], *, force_exclude: bool
    ) -> None:
        self._kit = kit
        self._where = cache
        self._cache = Cache(cache)
        self._instead = instead
        self._force = force_exclude
        self._findings: list[Finding] = []
        self._silences: list[Silence] = []
        self._problems: list[Problem] = []
        self._read: list[str] = []
        # Files of which it is not known what else there is in them.
        self._doubtful: set[str] = set()
        self._lines = self._generated = self._known = self._unread = 0

    def not_known(self, asked: Iterable[Unit]) -> _Todo:
        """Yield those of ``asked`` that have to be looked at; learn what is known of the others."""
        missing: set[Language] = set()
        for unit in asked:
            if unit.language in self._kit.missing:
                self._unread += len(unit.files)
                missing.add(unit.language)
                continue
            loaded = load(unit, self._instead, force_exclude=self._force)
            self._problems += loaded.problems
            self._generated += loaded.generated
            self._unread += loaded.unread
            self._lines += loaded.lines
            beside = frozenset(file.path for file in unit.files if file.role is Role.BESIDE)
            paths = frozenset(source.path for source in loaded.sources) - beside
            if not paths:
                continue
            this = _Asked(loaded.key, paths, beside)
            if not self._knows(this):
                yield this, _work(loaded)
        for language in sorted(missing):
            self._problems.append(Problem(f"*{SUFFIX[language]}", self._kit.missing[language]))

    def _knows(self, asked: _Asked) -> bool:
        known = self._cache.get(asked.key)
        if known is None:
            return False
        try:
            seen = msgspec.msgpack.decode(known, type=Seen) if known else Seen()
        except (msgspec.MsgspecError, ValueError):
            return False
        self._known += len(asked.paths)
        self._add(asked, seen)
        return True

    def learn(self, asked: _Asked, seen: Seen | Died) -> None:
        """Take note of what there is in ``asked``."""
        if isinstance(seen, Died):
            self._problems.append(Problem(asked.name, f"not looked at: {seen}"))
            self._unread += len(asked.paths)
            return
        if not seen.failed:
            something = seen.findings or seen.problems or seen.silences
            self._cache.put(asked.key, msgspec.msgpack.encode(seen) if something else b"")
        self._add(asked, seen)

    def _add(self, asked: _Asked, seen: Seen) -> None:
        if seen.unread:
            self._unread += len(asked.paths)
        else:
            self._read += asked.paths
        self._findings += [each for each in seen.findings if each.path in asked.paths]
        self._silences += [each for each in seen.silences if each.path in asked.paths]
        names = {each.path for each in seen.problems}
        self._doubtful |= asked.paths if seen.failed else names
        # What is wrong with a file beside them nobody has asked; what is wrong with all of them is.
        self._problems += [each for each in seen.problems if each.path not in asked.beside]

    def save(self) -> None:
        """Let later runs know what this one knows."""
        why = self._cache.save()
        if why:
            what = f"what is found cannot be kept there for the next run: {why}"
            self._problems.append(Problem(shown(str(self._where)), what))

    def report(self, found: Found, selection: Selection, base: Path) -> Report:
        """Return what was found by all."""
        known = meant(self._kit.rules()) if self._silences else {}
        are, used = silenced(self._findings, self._silences, known)
        sure = {each: words for each, words in used.items() if each.path not in self._doubtful}

        @cached
        def relative(path: str) -> str:
            return os.path.relpath(path, base).replace(os.sep, "/")

        told = [each for each, is_silenced in are.items() if not is_silenced]
        kept = [each for each in told if selection.selects(each.rule, relative(each.path))]
        useless = [
            each for each in unused(sure, known) if selection.selects(UNUSED, relative(each.path))
        ]
        problems = {*found.problems, *self._problems}
        return Report(
            findings=tuple(sorted(kept, key=_order)),
            unused=tuple(sorted(useless, key=lambda each: (each.path, each.span.line))),
            problems=tuple(sorted(problems, key=lambda each: (each.path, each.line, each.message))),
            read=tuple(sorted(self._read)),
            lines=self._lines,
            suppressed=len(are) - len(told),
            ignored=len(told) - len(kept),
            generated=self._generated,
            known=self._known,
            unread=found.unread + self._unread,
        )


def _work(loaded: Loaded) -> Work:
    texts = [Text(each.path, each.content, each.is_test) for each in loaded.sources]
    return Work(loaded.unit.language, loaded.unit.go, texts)


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    span = finding.span
    return finding.path, span.line, span.column, finding.rule, finding.message
