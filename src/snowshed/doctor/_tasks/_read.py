"""Reads the JSON of a Python service: of its debug pages, and of the commands that ask them.

There are several forms, as some are for a hundred thousand tasks and some for people. Each says
``"schema": 1``, and what it holds shows in its names.
"""

from __future__ import annotations

from typing import Any

from snowshed.doctor._tasks import _forms, _pages
from snowshed.doctor._tasks._facts import TaskReport
from snowshed.errors import FormatError

__all__ = ["read"]

SCHEMA = 1
_TASKS = "/debug/snowshed/tasks and its neighbours, and of snowshed tasks and waits --format json"


def read(raw: bytes) -> TaskReport:
    """Return what a document tells.

    Raises:
        FormatError: it is no JSON, another's, of a later form, or tells nothing of tasks.

    Cost: O(bytes).
    """
    # A library that not every input needs.
    import msgspec  # noqa: PLC0415

    try:
        found = msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        at = f"byte {len(raw)}" if "truncated" in str(error) else "byte 0"
        raise FormatError("JSON", at, f"no whole document: {error}") from error
    if not isinstance(found, dict) or "schema" not in found:
        raise FormatError("JSON", "byte 0", f"not of snowshed; accepted is that of {_TASKS}")
    if found["schema"] != SCHEMA:
        what = f"schema {found['schema']!r} of a later snowshed; accepted is {SCHEMA}"
        raise FormatError("JSON", "the key 'schema'", what)
    try:
        return _report(found)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"not as snowshed writes it: {type(error).__name__}: {error}"
        raise FormatError("JSON", "a value", what) from error


def _report(found: dict[str, Any]) -> TaskReport:
    if "findings" in found:
        what = "a diagnosis, and not what one is made of"
        raise FormatError("JSON", "the key 'findings'", what)
    taken_at = found.get("taken_at")
    taken_at = float(taken_at) if isinstance(taken_at, (int, float)) else None
    goroutines = _forms.each(found, taken_at)
    counted = _forms.groups(found)
    facts = _pages.facts(found, taken_at)
    known = "tasks" in found or "groups" in found or bool(facts)
    if not known:
        names = ", ".join(sorted(map(str, found))[:10])
        what = f"nothing of tasks in it, but {names}; accepted is that of {_TASKS}"
        raise FormatError("JSON", "byte 0", what)
    warnings = _warnings(found) if "tasks" in found or "groups" in found else []
    partial = bool(warnings)
    if counted and "waiting-at" not in found.get("group_by", ()):
        warnings.append("its groups do not say where tasks wait: group by state,waiting-at")
    return TaskReport(
        goroutines,
        counted,
        facts,
        taken_at,
        partial,
        int(found.get("process", 0)),
        tuple(warnings),
    )


def _warnings(found: dict[str, Any]) -> list[str]:
    warnings = []
    left_out = int(found.get("left_out", 0))
    if left_out:
        what = "groups" if "groups" in found else "tasks"
        warnings.append(f"{left_out:,} {what} were left out of it (limit)")
    matching, total = found.get("matching"), found.get("total")
    if isinstance(matching, int) and isinstance(total, int):
        # Of a busy service some end while it looks at them, and nobody has left those out.
        there = total - int(found.get("vanished", 0)) - int(found.get("unreadable", 0))
        if matching < there:
            shown = f"{matching:,} of {there:,} tasks and threads"
            warnings.append(f"it shows {shown}, as was asked for")
    return warnings
