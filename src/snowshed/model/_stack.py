"""Where a task stands in its code: what dumps, profiles and snapshots have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Frame:
    """One call on a stack.

    Attributes:
        function: qualified name, as the language writes it.
        file: path of the source, as the program knows it; empty if unknown.
        line: number of the line; 0 if unknown.
    """

    function: str
    file: str
    line: int

    def __eq__(self, other: object) -> bool:
        # Frames are compared by the million, and mostly differ in their line.
        if not isinstance(other, Frame):
            return NotImplemented
        same_line = self.line == other.line
        return same_line and self.function == other.function and self.file == other.file

    def __hash__(self) -> int:
        return hash((self.function, self.file, self.line))

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}" if self.file else self.function


# The innermost call first, as in Go's dumps and in pprof.
Stack: TypeAlias = tuple[Frame, ...]
