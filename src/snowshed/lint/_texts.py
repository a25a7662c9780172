"""The lines that findings stand on, for whoever shows them or knows a finding again by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from snowshed.lint._files import shown
from snowshed.lint._source import Source

__all__ = ["Texts"]

_FILES_AT_MOST = 32


class Texts:
    """Reads files as they are wanted, and keeps the last few: findings come file by file.

    A file that cannot be read any more has no lines.

    Args:
        overlay: content that stands in the place of a file's, by path.
    """

    def __init__(self, overlay: Mapping[str, bytes] | None = None) -> None:
        # Findings name a file as `shown` does, however it was given.
        self._overlay = {shown(path): content for path, content in (overlay or {}).items()}
        self.source = lru_cache(_FILES_AT_MOST)(self._read)
        self.lines = lru_cache(_FILES_AT_MOST)(self._lines)

    def _read(self, path: str) -> Source:
        """Return the file ``path``."""
        content = self._overlay.get(path)
        if content is None:
            try:
                content = Path(path).read_bytes()
            except (OSError, ValueError):
                content = b""
        return Source(path, content)

    def _lines(self, path: str) -> Sequence[str]:
        """Return the lines of the file ``path``, without what ends them."""
        text = self.source(path).content.decode(errors="replace")
        # Not `splitlines`, which knows more ends of lines than editors and compilers.
        return [line.removesuffix("\r") for line in text.split("\n")]

    def line(self, path: str, number: int) -> str:
        """Return a line of the file ``path``, by its number from 1; empty if there is none."""
        lines = self.lines(path)
        return lines[number - 1] if 0 < number <= len(lines) else ""
