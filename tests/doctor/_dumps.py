"""Short dumps, written as Go writes them."""

from __future__ import annotations

from pathlib import Path

from snowshed.doctor import Look, load, look_at
from snowshed.doctor._case import Case

GO = Path(__file__).parents[1] / "formats" / "go"


def goroutine(
    number: int,
    state: str,
    *calls: str,
    created: str = "main.serve in goroutine 1",
    file: str = "/srv/shop/main.go",
) -> str:
    """A goroutine that stands in ``calls``, each ``function:line``, the innermost first."""
    lines = [f"goroutine {number} [{state}]:"]
    for call in calls:
        function, _, line = call.rpartition(":")
        lines += [f"{function}(...)", f"\t{file}:{line} +0x1d"]
    if created:
        lines += [f"created by {created}", f"\t{file}:10 +0x2e"]
    return "\n".join(lines) + "\n"


def look(*goroutines: str, source: str = "dump") -> Look:
    found = look_at(load(source, "\n".join(goroutines).encode()))
    assert found is not None
    return found


def case(*goroutines: str) -> Case:
    return Case([look(*goroutines)])


def of_file(name: str) -> Look:
    found = look_at(load(name, (GO / name).read_bytes()))
    assert found is not None
    return found
