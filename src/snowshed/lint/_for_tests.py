"""Which files are tests: by their names, and by those of the folders that they lie in.

What helps tests is no service: nobody mends a server without limits that answers to three tests.
Only folders of the project count: that somebody keeps all of it in ``~/test`` says nothing.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

__all__ = ["is_test"]

_TESTS = re.compile(
    r"tests?|testing|e2e|test[-_]?(?:utils?|helpers?)"
    r"|(?:acceptance|e2e|functional|integration|system|unit)[-_]?tests?"
)
# Deeper down this is mostly what connects a service with another one.
_AT_THE_TOP = frozenset({"integration"})
_TOPS = (".git", "go.mod", "pyproject.toml", "setup.py", "snowshed.toml")


def is_test(path: str, walked: str = "") -> bool:
    """Tell whether ``path`` is a test, or there for tests.

    Args:
        path: the file.
        walked: the folder that was given and in which it was found; empty if the file was given.
    """
    folder, _, name = path.rpartition("/")
    if name.endswith(".go"):
        named = name.endswith("_test.go")
    else:
        named = name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
    return named or _lies_among_tests(os.path.abspath(folder), walked)  # noqa: PTH100 - keeps links


def _lies_among_tests(folder: str, walked: str) -> bool:
    """Tell whether a folder from the top of the project down to ``folder`` is for tests."""
    parts = Path(folder).parts
    if not any(_TESTS.fullmatch(part) or part in _AT_THE_TOP for part in parts):
        return False
    top = _top(folder) or _without_a_project(Path(folder), walked)
    below = Path(folder).relative_to(top).parts
    if any(map(_TESTS.fullmatch, below)):
        return True
    return any(
        name in _AT_THE_TOP and _is_marked(Path(top, *below[:depth]))
        for depth, name in enumerate(below)
    )


@cache
def _top(folder: str) -> str:
    """Return the top of the project that ``folder`` is part of; empty if nothing says where.

    One with several modules, of which the tests may be one, has its top where the last of them is
    on the way up; git, which knows, goes before.
    """
    here = Path(folder)
    if (here / ".git").exists():
        return folder
    above = "" if here == here.parent else _top(str(here.parent))
    return above or (folder if _is_marked(here) else "")


@cache
def _is_marked(folder: Path) -> bool:
    return any((folder / name).exists() for name in _TOPS)


def _without_a_project(folder: Path, walked: str) -> Path:
    """Return what to take for the top where nothing says: what those who started it see."""
    here = Path.cwd()
    if folder.is_relative_to(here):
        return here
    return Path(os.path.abspath(walked)).parent if walked else folder.parent  # noqa: PTH100
