"""Colours, where a terminal shows them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PLAIN", "Paint"]

_CODES = {"bold": "1", "dim": "34", "bad": "1;31", "good": "32", "hot": "1;35"}


@dataclass(frozen=True, slots=True)
class Paint:
    """Puts colours on text, or none.

    Attributes:
        colours: whether it does.
    """

    colours: bool = False

    def __call__(self, text: str, how: str) -> str:
        """Return ``text`` as ``how`` says: ``bold``, ``dim``, ``bad``, ``good`` or ``hot``."""
        return f"\x1b[{_CODES[how]}m{text}\x1b[0m" if self.colours else text


PLAIN = Paint()
