"""Runs the Python blocks of one page of the documentation, in order and in one namespace.

usage: python tests/_page.py PAGE

A page reads as one program, so it runs as one: later blocks use what earlier ones defined. Where
an ``output`` block follows, it must be exactly what the Python block before it printed. A block
that cannot run here says why in a comment right above it::

    <!-- not run: needs a server -->

Kept free of pytest, so that whoever writes a page can run it by hand.
"""

from __future__ import annotations

import contextlib
import difflib
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

NOT_RUN = re.compile(r"<!-- not run: \S.* -->$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the line of the page where its text begins."""

    language: str
    text: str
    line: int
    excused: bool


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of ``page`` that name a language."""
    text = page.read_text(encoding="utf-8")
    lines = text.splitlines()
    return [
        Block(token.info.split()[0], token.content, start + 2, _excused(lines[:start]))
        for token in MarkdownIt().parse(text)
        if token.type == "fence" and token.info.strip() and token.map
        for start in [token.map[0]]
    ]


def _excused(lines_above: list[str]) -> bool:
    return bool(lines_above) and NOT_RUN.match(lines_above[-1].strip()) is not None


def links(page: Path) -> list[str]:
    """Return where the links and images of ``page`` lead."""
    inline = [token for token in MarkdownIt().parse(page.read_text("utf-8")) if token.children]
    children = [child for token in inline for child in token.children or []]
    return [str(child.attrs.get("href") or child.attrs["src"]) for child in children if child.attrs]


def programs(page: Path, language: str = "python") -> Iterator[tuple[Block, str | None]]:
    """Yield each block that runs, with the output that the page shows for it, if any."""
    every = blocks(page)
    for block, after in zip(every, [*every[1:], None], strict=False):
        if block.language == language and not block.excused:
            yield block, after.text if after and after.language == "output" else None


def run(page: Path) -> None:
    """Run ``page``.

    Raises:
        SystemExit: a block printed something else than the page says.
        Exception: whatever a block raises; its traceback has the line numbers of the page.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block, expected in programs(page):
        code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)
        if expected is not None and printed.getvalue() != expected:
            sys.exit(f"{page}:{block.line} printed something else\n{_diff(expected, printed)}")


def _diff(expected: str, printed: io.StringIO) -> str:
    page, here = expected.splitlines(), printed.getvalue().splitlines()
    return "\n".join(difflib.unified_diff(page, here, "the page", "what it printed", lineterm=""))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
