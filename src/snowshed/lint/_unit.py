"""What is looked at together: the files of one language in one folder.

That is a package, in both languages: who closes a channel, and which helper waits, often stands in
the file next to it. A unit is read, looked at and forgotten before the next one.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

from snowshed.lint._files import File, Language, Role
from snowshed.lint._finding import Problem
from snowshed.lint._for_tests import is_test
from snowshed.lint._source import Source
from snowshed.lint._written import has_clause, is_generated, is_template

__all__ = ["LARGEST", "Loaded", "Unit", "go_version", "load", "units"]

LARGEST = 4 * 1024 * 1024
"""Bytes of the largest file that is read: more is a table, or another program's output."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that are looked at together.

    Attributes:
        language: what they are written in.
        files: the files, by path.
        go: the version in the nearest ``go.mod``; None if there is none, or for Python.
    """

    language: Language
    files: tuple[File, ...]
    go: tuple[int, int] | None = None


@dataclass(slots=True)
class Loaded:
    """A unit with the text of its files.

    Attributes:
        unit: the unit.
        sources: the files that were read.
        problems: why the others were not.
        generated: how many a program has written: these are left out.
        unread: how many could not be read.
        lines: how many lines there are in those that were read and are asked about.
    """

    unit: Unit
    sources: list[Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    generated: int = 0
    unread: int = 0
    lines: int = 0

    @property
    def key(self) -> bytes:
        """A digest of all that decides what is found in it."""
        digest = blake2b(f"{self.unit.language} {self.unit.go}".encode(), digest_size=16)
        for source in self.sources:
            head = f"\0{source.path}\0{source.is_test:d}\0{len(source.content)}\0"
            digest.update(head.encode())
            digest.update(source.content)
        return digest.digest()


def units(files: Iterable[File]) -> Iterator[Unit]:
    """Yield the units of ``files``, by folder."""
    together: dict[tuple[str, Language], list[File]] = defaultdict(list)
    for file in files:
        together[file.path.rpartition("/")[0], file.language].append(file)
    for (folder, language), inside in sorted(together.items()):
        go = go_version(os.path.abspath(folder)) if language is Language.GO else None  # noqa: PTH100
        yield Unit(language, tuple(inside), go)


def load(unit: Unit, overlay: Mapping[str, bytes], *, force_exclude: bool = False) -> Loaded:
    """Return ``unit`` with the text of its files.

    Args:
        unit: what to read.
        overlay: content that stands in place of a file's, by path.
        force_exclude: whether generated files are left out even if they are named.
    """
    loaded = Loaded(unit)
    for file in unit.files:
        asked = file.role is not Role.BESIDE
        content, why = _content(file, overlay)
        if content is None:
            loaded.unread += asked
            loaded.problems += [Problem(file.path, why)] * asked
        elif is_generated(file, content) and (force_exclude or file.role is not Role.NAMED):
            loaded.generated += asked
        else:
            if file.language is Language.GO and asked and not has_clause(content):
                loaded.problems.append(Problem(file.path, _NO_CLAUSE))
            for_tests = is_test(file.path, file.walked)
            loaded.sources.append(Source(file.path, content, is_test=for_tests))
            loaded.lines += asked * (content.count(b"\n") + (content[-1:] not in {b"", b"\n"}))
    return loaded


_NO_CLAUSE = "does not begin with a package clause: what does not parse is left out"
# As PEP 263 has it: in a comment in one of the first two lines.
_CODING = re.compile(rb"(?:[ \t\f]*(?:\#[^\n]*)?\n)?[ \t\f]*\#[^\n]*coding[:=]")


def _content(file: File, overlay: Mapping[str, bytes]) -> tuple[bytes | None, str]:
    """Return the text of ``file``, or None and why it cannot be read."""
    content = overlay.get(file.path)
    if content is None:
        try:
            with open(file.path, "rb", buffering=0) as opened:  # noqa: PTH123 - of each file
                fits = os.fstat(opened.fileno()).st_size <= LARGEST
                content = opened.readall() if fits else b""
        except OSError as error:
            return None, f"cannot be read: {error.strerror}"
        if not fits:
            return None, f"is larger than {LARGEST // 1024**2} MiB: not read"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        # In Python a file may say what it is written in; whether it is, is seen when it is parsed.
        if file.language is Language.GO or not _CODING.match(content):
            return None, f"is not UTF-8 (byte {error.start + 1}): not read"
    if file.language is Language.GO and is_template(content):
        return None, "is a template, not Go: not read"
    return content, ""


_GO = re.compile(rb"^go[ \t]+(\d+)\.(\d+)", re.MULTILINE)
_WITHOUT = (1, 16)
"""What a module is taken for that does not say its version: so the Go command has it."""


@cache
def go_version(folder: str) -> tuple[int, int] | None:
    """Return the version of Go in the nearest ``go.mod``, from ``folder`` upwards."""
    here = Path(folder)
    try:
        found = _GO.search((here / "go.mod").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None if here == here.parent else go_version(str(here.parent))
    except OSError:
        return None
    return (int(found[1]), int(found[2])) if found else _WITHOUT
