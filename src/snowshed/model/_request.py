"""What became of one request, and the lines that made its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from snowshed._printable import printable


@dataclass(frozen=True, slots=True)
class SiteCount:
    """A line that created tasks.

    Attributes:
        file: path of the source, as the interpreter knows it.
        line: number of the line.
        function: qualified name of the function.
        count: tasks that it created for the request.
    """

    file: str
    line: int
    function: str
    count: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function} x{self.count}"


@dataclass(frozen=True, slots=True)
class RequestReport:
    """The tasks of one request that ended.

    Up to the threshold for details nobody asks whose a task is: until then ``peak`` and
    ``spawned`` include what servers and drivers started, and ``others`` does not.

    Attributes:
        request: method and path.
        route: the path's template if the framework told it, else the path.
        mode: whether limits were enforced.
        budget: live tasks that the request was allowed; None: any number.
        peak: the most of its tasks that lived at once.
        spawned: its tasks, ever.
        refused: of these, not started because the budget was full.
        would_refuse: tasks that ``enforce`` would have refused.
        live_at_response: of its tasks, alive when the response had been sent.
        outlived: of its tasks, alive when the request had ended.
        others: tasks in its context that servers, drivers and helpers made, where told apart.
        ended: why it was ended early, in words; empty if it was not.
        sites: the lines that created most of the tasks, busiest first.
        outlivers: the functions that outlived the request.
    """

    request: str
    route: str
    mode: Literal["observe", "enforce"]
    budget: int | None
    peak: int
    spawned: int
    refused: int
    would_refuse: int
    live_at_response: int
    outlived: int
    others: int
    ended: str
    sites: tuple[SiteCount, ...]
    outlivers: tuple[SiteCount, ...]

    @property
    def over_budget(self) -> bool:
        """Whether the budget was exceeded, or would have been."""
        return bool(self.refused or self.would_refuse)

    def __str__(self) -> str:
        """Return one line in logfmt."""
        head = "request over budget" if self.over_budget else "request outlived by its tasks"
        facts: dict[str, object] = {
            "request": self.request,
            "route": self.route,
            "mode": self.mode,
            "budget": self.budget,
            "peak": self.peak,
            "spawned": self.spawned,
            "refused": self.refused,
            "would_refuse": self.would_refuse,
            "live_at_response": self.live_at_response,
            "outlived": self.outlived,
            "others": self.others,
            "ended": self.ended,
            "sites": ", ".join(map(str, self.sites)),
            "outlivers": ", ".join(map(str, self.outlivers)),
        }
        return f"{head} " + " ".join(f"{key}={_quoted(value)}" for key, value in facts.items())


def _quoted(value: object) -> str:
    """Return ``value`` as one word or in quotes; what a client sent must not move the cursor."""
    text = str(value)
    if text and text.isprintable() and not any(char in text for char in ' "='):
        return text
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(text)}"'
