"""What a person sees while the demo runs: a bar on a terminal, a line per run elsewhere.

Always on stderr; stdout is for the result.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from snowshed.demo._measure import is_good

if TYPE_CHECKING:
    from types import TracebackType

    from snowshed.demo._model import Outcome, Plan


class Watcher(Protocol):
    """Is told how the demo gets on."""

    def __enter__(self) -> Watcher: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    def begin(self, name: str, plan: Plan) -> None:
        """Note that a run begins."""

    def see(self, outcome: Outcome) -> None:
        """Note one outcome of the run."""


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        pass

    def begin(self, name: str, plan: Plan) -> None:
        """Show nothing."""

    def see(self, outcome: Outcome) -> None:
        """Show nothing."""


class Lines(Silent):
    """One line when a run begins, for logs."""

    def begin(self, name: str, plan: Plan) -> None:
        """Print the line."""
        print(f"snowshed demo: {name}, {plan.seconds:g} s of load", file=sys.stderr)  # noqa: T201


class Bar:
    """A bar per run that follows the planned time of the requests that have ended."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(),
            TextColumn("{task.fields[good]:>5} in time  {task.fields[bad]:>5} late or failed"),
            TimeRemainingColumn(),
            console=console,
        )

    def __enter__(self) -> Watcher:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def begin(self, name: str, plan: Plan) -> None:
        """Add the bar of a run."""
        self._plan = plan
        self._good = self._bad = 0
        self._run = self._bars.add_task(name, total=plan.seconds, good=0, bad=0)

    def see(self, outcome: Outcome) -> None:
        """Move the bar."""
        if outcome.kind == "light":
            good = is_good(outcome, self._plan.objective)
            self._good += good
            self._bad += not good
        self._bars.update(
            self._run,
            completed=min(outcome.at + outcome.latency, self._plan.seconds),
            good=self._good,
            bad=self._bad,
        )


def watcher(*, quiet: bool) -> Watcher:
    """Choose how to show progress."""
    if quiet:
        return Silent()
    console = Console(stderr=True)
    return Bar(console) if console.is_terminal else Lines()
