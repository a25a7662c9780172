"""Reads the Python files of one folder: decodes and parses them, and says what does not parse.

A file that is broken in one place is looked at all the same, without the statement of the outermost
level that does not parse. What parses depends on the Python that snowshed runs on: a newer syntax
than that is told as what it is, something that this Python does not parse.
"""

from __future__ import annotations

import ast
import gc
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from snowshed.lint._finding import Problem
from snowshed.lint._python._folder import Folder
from snowshed.lint._python._module import Module
from snowshed.lint._source import Source

__all__ = ["read"]

# So many statements that do not parse are left out before the file is.
_BROKEN_AT_MOST = 3
_LONE_RETURN = re.compile(rb"\r(?!\n)")
# Where a statement of the outermost level begins; `else` and closing brackets begin none.
_BEGINS = re.compile(r"(?!(?:else|elif|except|finally)\b)[^\s#)\]}]")
_VERSION = f"Python {sys.version_info[0]}.{sys.version_info[1]}"


def read(sources: Sequence[Source]) -> Folder:
    """Return the modules of one folder, and what could not be read of them."""
    modules: list[Module] = []
    problems: list[Problem] = []
    with _quietly():
        for source in sources:
            module = _read_one(source, problems)
            if module is not None:
                modules.append(module)
    return Folder(modules, problems)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the parser's warnings about foreign code away, and the collector from young trees."""
    collects = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if collects:
            gc.enable()


def _read_one(source: Source, problems: list[Problem]) -> Module | None:
    try:
        text, as_utf8 = _decoded(source.content)
    except (SyntaxError, UnicodeError, LookupError) as error:
        problems.append(Problem(source.path, f"cannot be decoded: {_said(error)}"))
        return None
    found: list[Problem] = []
    tree = _parsed(source, text, found)
    problems += found
    if tree is None:
        return None
    # Offsets in what was decoded are none of the file, so nothing is mended there.
    can_mend = len(as_utf8) == len(source.content)
    if as_utf8 != source.content:
        source = Source(source.path, as_utf8, is_test=source.is_test)
    return Module(source, tree, can_mend=can_mend)


def _decoded(content: bytes) -> tuple[str, bytes]:
    """Return the text of a file, and it in UTF-8 with lines that end as ours do."""
    if b"\r" in content:
        content = _LONE_RETURN.sub(b"\n", content)
    try:
        return content.decode("utf-8-sig"), content
    except UnicodeDecodeError:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
        return text, text.encode()


def _parsed(source: Source, text: str, problems: list[Problem]) -> ast.Module | None:
    """Return the tree of ``text`` without what does not parse, which is added to ``problems``."""
    for _ in range(_BROKEN_AT_MOST):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 0
            rest, left_out = _without_statement(text, line)
            message = f"{_VERSION} does not parse it: {_said(error)}{left_out}"
            problems.append(Problem(source.path, message, line))
            if rest is None:
                return None
            text = rest
        except (RecursionError, MemoryError):
            problems.append(Problem(source.path, "it is nested too deeply to be parsed"))
            return None
    problems.append(Problem(source.path, "the rest was not looked at: too much does not parse"))
    return None


def _said(error: Exception) -> str:
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return " ".join(said.split()) or type(error).__name__


def _without_statement(text: str, line: int) -> tuple[str | None, str]:
    """Return ``text`` with the outermost statement around ``line`` left blank, and the words."""
    lines = text.split("\n")
    if not 0 < line <= len(lines):
        return None, ""
    begin = line - 1
    while begin > 0 and not _BEGINS.match(lines[begin]):
        begin -= 1
    while begin > 0 and lines[begin - 1].startswith("@"):
        begin -= 1
    end = line
    while end < len(lines) and not _BEGINS.match(lines[end]):
        end += 1
    blank = [""] * (end - begin)
    lines_out = f"line {end} was" if end == begin + 1 else f"lines {begin + 1} to {end} were"
    words = f"; {lines_out} left out"
    return "\n".join([*lines[:begin], *blank, *lines[end:]]), words
