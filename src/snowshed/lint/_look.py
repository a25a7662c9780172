"""One unit, looked at by every rule: nothing that goes wrong in one of them stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import msgspec

from snowshed._printable import printable
from snowshed.formats._uncollected import uncollected
from snowshed.lint._files import Language
from snowshed.lint._finding import Finding, Problem
from snowshed.lint._source import Source
from snowshed.lint._suppress import Silence, silences_in
from snowshed.lint.rules import rules

if TYPE_CHECKING:
    from snowshed.lint._rule import Rule

__all__ = ["Kit", "Seen", "Text", "Work", "look", "real"]


@dataclass(frozen=True, slots=True)
class Kit:
    """What a unit is looked at with.

    Attributes:
        rules: returns the rules, by id; a run of which all is known needs none.
        go: the module that reads Go: ``matters(content)``, and ``read(sources, go=...,
            unread=...)``, which returns a package for each name that there is in a directory.
        python: the module that reads Python: ``matters(content)`` and ``read(sources)``.
        missing: by language, what to install before files of it can be read.
    """

    rules: Callable[[], Mapping[str, Rule]]
    go: Callable[[], Any]
    python: Callable[[], Any]
    missing: Mapping[Language, str] = field(default_factory=dict)


@cache
def real() -> Kit:
    """Return what units are looked at with, tests of ours apart."""
    needed = ("tree_sitter", "tree_sitter_go")
    lacks = any(find_spec(name) is None for name in needed)
    return Kit(
        rules,
        lambda: import_module("snowshed.lint._go"),
        lambda: import_module("snowshed.lint._python"),
        {Language.GO: "snowshed needs: pip install 'snowshed[lint]'"} if lacks else {},
    )


class Text(msgspec.Struct, array_like=True):
    """A file on its way to another process."""

    path: str
    content: bytes
    is_test: bool


class Work(msgspec.Struct, array_like=True):
    """A unit on its way to another process."""

    language: Language
    go: tuple[int, int] | None
    files: list[Text]


class Seen(msgspec.Struct, array_like=True):
    """What there is in a unit.

    Attributes:
        findings: what the rules have found, of all tiers.
        problems: what did not parse, and rules that failed.
        silences: the comments that silence.
        failed: whether that is not all: a rule or a reader has failed.
        unread: whether it is nothing, as the reader has failed.
    """

    findings: list[Finding] = []
    problems: list[Problem] = []
    silences: list[Silence] = []
    failed: bool = False
    unread: bool = False


def look(work: Work, kit: Kit) -> Seen:
    """Return what there is in ``work``."""
    # All trees of it live until it is done, and then none.
    with uncollected():
        return _look(work, kit)


def _look(work: Work, kit: Kit) -> Seen:
    sources = [Source(each.path, each.content, is_test=each.is_test) for each in work.files]
    seen = Seen()
    reader = kit.go() if work.language is Language.GO else kit.python()
    matter = [source for source in sources if reader.matters(source.content)]
    unread = [each.content for each in sources if each not in matter]
    models = _read(reader, matter, unread, work, seen) if matter else []
    for model in models:
        for rule in kit.rules().values():
            _ask(rule, model, work, seen)
    # Not before: some of it is only seen when a rule looks there.
    seen.problems += [problem for model in models for problem in model.problems]
    if work.language is Language.GO:
        for model in models:
            model.forget()
    found = {finding.path for finding in seen.findings}
    for source in sources:
        try:
            seen.silences += silences_in(source, work.language, found=source.path in found)
        except Exception as error:  # noqa: BLE001 - too much is told, and why
            _failed("reading comments", source.path, error, seen)
    return seen


def _read(
    reader: Any, sources: Sequence[Source], unread: Sequence[bytes], work: Work, seen: Seen
) -> Sequence[Any]:
    try:
        if work.language is Language.PYTHON:
            return [reader.read(sources)]
        packages: Sequence[Any] = reader.read(sources, go=work.go, unread=unread)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other units are looked at
        # It need not be the first, nor one that was asked about.
        _failed(f"reading {work.language}", _folder(work), error, seen)
        seen.unread = True
        return []
    return packages


def _ask(rule: Rule, model: Any, work: Work, seen: Seen) -> None:
    asked = rule.in_go if work.language is Language.GO else rule.in_python
    if asked is None:
        return
    tests = {each.path for each in work.files if each.is_test and not rule.in_tests}
    try:
        for finding in asked(model):
            if finding.path not in tests:
                seen.findings.append(finding)
    except Exception as error:  # noqa: BLE001 - what the other rules find is told all the same
        _failed(f"rule {rule.id}", _folder(work), error, seen)


def _folder(work: Work) -> str:
    first = work.files[0].path
    return first if len(work.files) == 1 else first.rpartition("/")[0] or "."


def _failed(what: str, path: str, error: Exception, seen: Seen) -> None:
    seen.failed = True
    said = printable(f"{type(error).__name__}: {error}".rstrip(": "))[:300]
    at = " < ".join(_places(error))
    seen.problems.append(Problem(path, f"{what} failed, please report it: {said} ({at})"))


def _places(error: Exception) -> Iterator[str]:
    """Yield where ``error`` comes from, the innermost places first."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    yield from places[:-4:-1]
