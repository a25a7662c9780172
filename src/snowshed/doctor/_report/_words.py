"""The words that all reports share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed._printable import printable
from snowshed.doctor._program import is_python
from snowshed.model import Frame

if TYPE_CHECKING:
    from snowshed.model import Finding, RequestsOver

__all__ = ["evidence", "goroutines", "headline", "place", "printable"]


def goroutines(count: int, file: str = "") -> str:
    """Return how many, in words: tasks, if they stand in a file of Python."""
    return many(count, "task" if is_python(Frame("", file, 0)) else "goroutine")


def place(frame: Frame) -> str:
    """Return where ``frame`` is."""
    return printable(
        f"{frame.file}:{frame.line} {frame.function}" if frame.file else frame.function
    )


def evidence(finding: Finding) -> tuple[str, ...]:
    """Return what was seen, with who made them at the end."""
    if finding.created_by is None:
        return finding.evidence
    return (*finding.evidence, f"created at {place(finding.created_by)}")


def headline(requests: RequestsOver | None) -> str:
    """Return how many requests hold too much, and which is the worst; "" if none does."""
    if requests is None or not requests.over:
        return ""
    worst = requests.worst[0]
    at = worst.at
    where = f"{at.function}, {at.file.replace(chr(92), '/').rpartition('/')[2]}:{at.line}"
    ended = ", which has ended" if worst.gone else ""
    who, what = (worst.name, "tasks") if worst.name else (f"goroutine {worst.id}", "goroutines")
    told = f"{printable(who)} ({printable(where)}){ended}: {worst.count:,}"
    if requests.over == 1:
        return f"1 request holds more than {requests.budget} {what}: {told}"
    return (
        f"{requests.over:,} requests hold more than {requests.budget} {what} each; "
        f"the worst is {told}"
    )
