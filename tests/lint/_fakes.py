"""Rules and readers that do what a word in a file tells them to: find, mend, fail, die."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from snowshed.lint import Edit, Finding, Fix, Problem, Rule, Tier, _limit
from snowshed.lint._files import Language
from snowshed.lint._look import Kit
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.lint._source import Source

KIT = "lint._fakes:kit"
WITHOUT_GO = "lint._fakes:kit_without_go"
UNREADABLE = "lint._fakes:kit_that_cannot_read"
IN_A_HURRY = "lint._fakes:kit_in_a_hurry"


@dataclass
class Model:
    sources: Sequence[Source]
    go: tuple[int, int] | None = None
    problems: list[Problem] = field(default_factory=list)

    def forget(self) -> None:
        self.sources = ()


def _found(rule: str, source: Source, found: re.Match[bytes], **more: Any) -> Finding:
    span = source.span(*found.span())
    word = found[0].decode()
    return Finding(rule, source.path, span, f"there is {word!r} in it", **more)


def _fix(found: re.Match[bytes], text: str, *, safe: bool) -> Fix:
    return Fix(f"write {text!r}", (Edit(*found.span(), text),), safe=safe)


def bad(model: Model) -> Iterator[Finding]:
    """Finds BAD, and what lies between BAD( and a bracket of its own line."""
    for source in model.sources:
        for found in re.finditer(
            rb"\bBAD\b(?:\(.*?^\))?", source.content, re.DOTALL | re.MULTILINE
        ):
            fix = _fix(found, "WORSE", safe=True) if found[0] == b"BAD" else None
            yield _found("SN901", source, found, fix=fix)


def worse(model: Model) -> Iterator[Finding]:
    for source in model.sources:
        for found in re.finditer(rb"\bWORSE\b", source.content):
            yield _found("SN902", source, found, fix=_fix(found, "GOOD", safe=True))


def unsafe(model: Model) -> Iterator[Finding]:
    for source in model.sources:
        for found in re.finditer(rb"\bUGLY\b", source.content):
            yield _found(
                "SN903", source, found, fix=_fix(found, "NICE", safe=False), tier=Tier.ADVICE
            )


def broken(model: Model) -> Iterator[Finding]:
    for source in model.sources:
        for found in re.finditer(rb"\bBROKEN\b", source.content):
            yield _found("SN904", source, found, fix=_fix(found, "((", safe=True))
        for found in re.finditer(rb"\bFLIP\b", source.content):
            yield _found("SN904", source, found, fix=_fix(found, "FLOP", safe=True))
        for found in re.finditer(rb"\bFLOP\b", source.content):
            yield _found("SN904", source, found, fix=_fix(found, "FLIP", safe=True))


def fails(model: Model) -> Iterator[Finding]:
    for source in model.sources:
        if b"FAIL" in source.content:
            msg = "no such\nword"
            raise LookupError(msg)
        if b"DIE" in source.content:
            os.kill(os.getpid(), signal.SIGKILL)
        while b"SPIN" in source.content:
            pass
        if b"INTERRUPT" in source.content:
            raise KeyboardInterrupt
        if b"LEAVE" in source.content:
            os._exit(3)
        if b"PRINT" in source.content:
            os.write(1, b"what no rule should do\n")
    yield from ()


def everywhere(model: Model) -> Iterator[Finding]:
    """Tells what it was given: every file, with the others of its package and the version."""
    for source in model.sources:
        if b"TELL" in source.content:
            beside = ",".join(each.path for each in model.sources)
            yield Finding("SN906", source.path, source.span(0, 0), f"{beside} {model.go}")


def _rules() -> dict[str, Rule]:
    what = {
        "SN901": ("bad-word", bad, False),
        "SN902": ("worse-word", worse, False),
        "SN903": ("ugly-word", unsafe, True),
        "SN904": ("broken-word", broken, True),
        "SN905": ("failing", fails, True),
        "SN906": ("tells", everywhere, True),
    }
    return {
        id_: Rule(id_, name, Cause.CHANNEL_CASCADE, in_go=rule, in_python=rule, in_tests=in_tests)
        for id_, (name, rule, in_tests) in what.items()
    }


def _matters(content: bytes) -> bool:
    return re.search(rb"[A-Z]{3}", content) is not None


def _read(sources: Sequence[Source], *, go: tuple[int, int] | None = None) -> Model:
    problems = [
        Problem(each.path, "does not parse", 1) for each in sources if b"ODD" in each.content
    ]
    return Model(sources, go, problems)


def _read_packages(
    sources: Sequence[Source], *, go: tuple[int, int] | None, unread: Sequence[bytes]
) -> list[Model]:
    return [_read(sources, go=go)]


def kit() -> Kit:
    go = SimpleNamespace(matters=_matters, read=_read_packages)
    python = SimpleNamespace(matters=_matters, read=_read)
    return Kit(_rules, lambda: go, lambda: python)


def kit_without_go() -> Kit:
    return Kit(kit().rules, kit().go, kit().python, {Language.GO: "snowshed needs: that"})


def kit_in_a_hurry() -> Kit:
    """Let this process, which may be one of several, have little time for a unit."""
    _limit.LEAST = 0.05
    return kit()


def kit_that_cannot_read() -> Kit:
    def read(sources: Sequence[Source], **_: object) -> Model:
        raise RecursionError

    python = SimpleNamespace(matters=_matters, read=read)
    return Kit(_rules, kit().go, lambda: python)


def write(root: Path, files: dict[str, str | bytes]) -> None:
    """Make ``files`` below ``root``."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
