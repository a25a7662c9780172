from __future__ import annotations

import pytest

from snowshed.doctor.causes._methods import receiver_of, source_of
from snowshed.model import Frame


@pytest.mark.parametrize(
    ("function", "receiver", "source"),
    [
        ("main.work", None, "main.work"),
        ("main.(*Hub).Add", "main.(*Hub)", "main.(*Hub).Add"),
        ("a.org/x.v2/hub.(*Hub).Add.func1.2", "a.org/x.v2/hub.(*Hub)", "a.org/x.v2/hub.(*Hub).Add"),
        ("main.main.func2", None, "main.main"),
        ("main.main.gowrap1", None, "main.main"),
        ("main.(*Cache[...]).Get", "main.(*Cache[...])", "main.(*Cache[...]).Get"),
    ],
)
def test_the_names_of_functions_tell_types_and_where_closures_are_written(
    function: str, receiver: str | None, source: str
) -> None:
    frame = Frame(function, "", 1)
    assert (receiver_of(frame), source_of(frame)) == (receiver, source)
