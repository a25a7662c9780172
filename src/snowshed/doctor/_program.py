"""Whose code a line is: the program's own, a library's, or the runtime's.

A goroutine that waits stands in the runtime, called by the standard library, called by a driver.
The line that somebody can change is further out, and is told by where the code lives.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model import Frame, Stack

__all__ = ["Whose", "is_python", "locks", "place_in", "whose"]


class Whose(IntEnum):
    """Whose code it is; the larger, the nearer to whoever reads the diagnosis."""

    RUNTIME = 0
    """The language's own: its runtime, its standard library."""
    LIBRARY = 1
    """Of a module or package that was installed."""
    PROGRAM = 2


# The first parts of the import paths of Go's standard library. A module of a program has a name
# with a dot, or none of these.
_STANDARD = frozenset(
    {
        *("archive", "arena", "bufio", "bytes", "cmp", "compress", "container", "context"),
        *("crypto", "database", "debug", "embed", "encoding", "errors", "expvar", "flag"),
        *("fmt", "go", "hash", "html", "image", "index", "internal", "io", "iter", "log"),
        *("maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp"),
        *("runtime", "slices", "sort", "strconv", "strings", "structs", "sync", "syscall"),
        *("testing", "text", "time", "unicode", "unique", "unsafe", "uuid", "vendor", "weak"),
    }
)
_LOCKS = re.compile(r"\)\.R?Lock$")
_GO_MODULE = re.compile(r"/pkg/mod/|@v\d|/vendor/")
_PYTHON_PACKAGE = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
# What tasks wait in, whoever wrote it: like asyncio itself.
_PYTHON_WAITS = re.compile(
    r"[/\\](?:anyio|uvloop|snowshed[/\\](?:attach|core|integrations|observe|shed))[/\\]"
)
_PYTHON = re.compile(r"[/\\]lib[/\\]python\d(?:\.\d+)?[/\\]|^<frozen |[/\\]Lib[/\\]asyncio[/\\]")
# The calls between a program and its C, which nobody has written.
_MADE_BY_CGO = "_cgo_gotypes.go"


def is_python(frame: Frame) -> bool:
    """Tell whether ``frame`` is Python's, by its file."""
    return frame.file.endswith((".py", ".pyx", ".pyc")) or frame.file.startswith("<")


@lru_cache(maxsize=1 << 16)
def whose(frame: Frame) -> Whose:
    """Tell whose code ``frame`` stands in, as far as its names tell.

    All causes ask, again and again, and of the same few thousand calls.
    """
    # Crash dumps end each stack in the assembly of the runtime.
    if frame.file.endswith((".go", ".s")):
        if frame.file.endswith(_MADE_BY_CGO) or _package(frame).partition("/")[0] in _STANDARD:
            return Whose.RUNTIME
        return Whose.LIBRARY if _GO_MODULE.search(frame.file) else Whose.PROGRAM
    if _PYTHON_WAITS.search(frame.file):
        return Whose.RUNTIME
    if _PYTHON_PACKAGE.search(frame.file):
        return Whose.LIBRARY
    return Whose.RUNTIME if not frame.file or _PYTHON.search(frame.file) else Whose.PROGRAM


def locks(frame: Frame) -> bool:
    """Tell whether ``frame`` is a method that takes a lock for whoever calls it."""
    return _LOCKS.search(frame.function) is not None


def place_in(stack: Stack) -> Frame:
    """Return the line of ``stack`` that somebody can change: the innermost of the program's own.

    Where there is none nobody can, and the line is to tell what it is: the outermost of a library,
    else of all but the runtime, as they all wait in the same few calls further in. Of Python it is
    the innermost, as whatever runs has been started by the same loop.

    A method ``Lock`` of the program's own only passes on: whoever calls it can change something.

    Raises:
        ValueError: the stack is empty.
    """
    # Of equal ones `max` returns the first.
    innermost = max(stack, key=whose)
    of = whose(innermost)
    if of is Whose.PROGRAM and locks(innermost):
        callers = (each for each in stack if whose(each) is of and not locks(each))
        return next(callers, innermost)
    if of is Whose.PROGRAM or is_python(innermost):
        return innermost
    alike = (each for each in reversed(stack) if whose(each) is of)
    return next((each for each in alike if not each.function.startswith("runtime.")), innermost)


def _package(frame: Frame) -> str:
    """Return the import path of a Go function: ``net/http`` of ``net/http.(*conn).serve``."""
    # What is generic has types in brackets, and they have paths of their own.
    folder, slash, name = frame.function.partition("[")[0].rpartition("/")
    return folder + slash + name.partition(".")[0]
