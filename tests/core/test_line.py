import sys
from types import CodeType

from snowshed.core._line import line_of


def site() -> tuple[CodeType, int, int]:
    frame = sys._getframe(1)
    return frame.f_code, frame.f_lasti, frame.f_lineno


def test_the_offset_of_an_instruction_gives_its_line() -> None:
    code, offset, line = site()
    assert line_of(code, offset) == line


def test_without_an_instruction_it_is_where_the_code_begins() -> None:
    code, _, _ = site()
    assert line_of(code, -1) == code.co_firstlineno
