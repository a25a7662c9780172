"""From an instruction to the line of source that it belongs to.

Whoever notes a place in code on a hot path keeps the code object and the offset of an instruction,
because a line number costs a walk over the table of lines. This is that walk, done when somebody
wants to read the number.
"""

from __future__ import annotations

from types import CodeType


def line_of(code: CodeType, offset: int) -> int:
    """Return the line of the instruction at ``offset``; the first line of ``code`` for -1."""
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno
