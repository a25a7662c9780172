from __future__ import annotations

from snowshed.model import Frame, Spawned


def test_a_line_has_all_that_was_created_below_it() -> None:
    line = Frame("main.search", "/srv/shop/main.go", 71)
    inner = Spawned(line, "main.fetch", 3)
    assert Spawned(line, "main.search.func1", 5, children=(inner, inner)).total == 11
