"""The forms in which tasks are listed, or counted in groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from snowshed.doctor._tasks._facts import Counted
from snowshed.doctor._tasks._goroutines import of_process
from snowshed.model import Frame, Goroutine, Stack

__all__ = ["each", "frame_in", "groups"]

# The place of a call as text; a path may have colons and spaces, a function no spaces but in
# brackets.
_PLACE = re.compile(r"(?P<file>.*?):(?P<line>[0-9]{1,9})(?: (?P<function>.*))?", re.DOTALL)
NOT_TOLD = "not told"


def frame_in(text: str) -> Frame:
    """Return the place that ``text`` names, as ``str`` of a frame writes it."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return Frame(text, "", 0)
    return Frame(found["function"] or "", found["file"], int(found["line"]))


def groups(document: Mapping[str, Any]) -> tuple[Counted, ...]:
    """Return the groups of ``tasks?group-by=...`` and of ``snowshed tasks --format json``."""
    return tuple(filter(None, map(_counted, document.get("groups", ()))))


def _counted(group: Mapping[str, Any]) -> Counted | None:
    made, stands = (str(group.get(name) or "") for name in ("created_at", "waiting_at"))
    place = stands or str(group.get("function") or "") or made
    count = int(group["count"])
    if not place or count <= 0:
        return None
    return Counted(
        count,
        str(group.get("state") or NOT_TOLD),
        frame_in(place),
        frame_in(made) if made else None,
    )


def each(document: Mapping[str, Any], taken_at: float | None) -> tuple[Goroutine, ...]:
    """Return each task of the page ``tasks``, or of ``snowshed tasks --each --format json``."""
    rows = document.get("tasks", ())
    if not isinstance(rows, list):
        return ()  # the page that lists what there is
    if "frames" in document:
        return tuple(_of_tables(rows, document, taken_at))
    return tuple(_written_out(rows, taken_at))


def _of_tables(
    rows: Iterable[Mapping[str, Any]], document: Mapping[str, Any], taken_at: float | None
) -> Iterable[Goroutine]:
    frames = [Frame(str(name), str(file), int(line)) for name, file, line in document["frames"]]
    stacks = [tuple(frames[_index(at)] for at in stack) for stack in document["stacks"]]
    resources: Sequence[Mapping[str, Any]] = document["resources"]
    for row in rows:
        created, waits = row.get("created_at", -1), row.get("resource", -1)
        resource = resources[_index(waits)] if waits != -1 else {}
        stack: Stack = stacks[_index(row["stack"])] if row.get("stack", -1) != -1 else ()
        yield _goroutine(
            row,
            stack or (frames[_index(row["function"])],),
            None if created == -1 else frames[_index(created)],
            resource=str(resource.get("text") or resource.get("kind") or ""),
            resource_id=str(resource.get("id", "")),
            born=_born(row, taken_at),
        )


def _index(number: Any) -> int:
    # Python counts from the end with what is negative, and that would be another's.
    if not isinstance(number, int) or number < 0:
        msg = f"{number!r} is no place in a table"
        raise IndexError(msg)
    return number


def _written_out(rows: Iterable[Mapping[str, Any]], taken_at: float | None) -> Iterable[Goroutine]:
    processes: dict[str, int] = {}
    for row in rows:
        process = str(row.get("process", ""))
        number = processes.setdefault(process, len(processes))
        stack = tuple(map(frame_in, map(str, row.get("stack", ()))))
        created = row.get("created_at")
        found = _goroutine(
            row,
            stack or (frame_in(str(row.get("function") or row.get("waiting_at") or "")),),
            frame_in(str(created)) if created else None,
            resource=str(row.get("resource") or ""),
            born=_born(row, taken_at),
        )
        yield of_process(found, number, process)


def _born(row: Mapping[str, Any], taken_at: float | None) -> str:
    age = row.get("age")
    return "" if age is None or taken_at is None else f"{taken_at - float(age):.3f}"


def _goroutine(
    row: Mapping[str, Any], stack: Stack, created_by: Frame | None, **more: str
) -> Goroutine:
    labels = {
        "awaits": " ".join(map(str, row.get("awaits", ()))),
        "kind": str(row.get("kind", "task")),
        "name": str(row.get("name", "")),
        "owner": str(row.get("owner", "user")),
        "request": str(row.get("request", "")),
        "scope": str(row.get("scope", "")),
        **more,
    }
    return Goroutine(
        int(row["id"]),
        str(row["state"]),
        stack,
        created_by=created_by,
        labels=tuple((name, text) for name, text in labels.items() if text),
    )
