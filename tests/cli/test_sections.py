"""The list of sections: every one of them is declared where the list says."""

from __future__ import annotations

import msgspec
import pytest

from snowshed.cli._sections import SECTIONS, declared


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_is_a_struct_whose_fields_have_defaults(section: str) -> None:
    assert isinstance(declared(section)(), msgspec.Struct)
