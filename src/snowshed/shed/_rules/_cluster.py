"""What all instances of a service measure together, and what to do when nobody can say.

An instance that sees three errors cannot know whether they are one in ten or one in ten thousand of
all. So the instances put their counts together at one place, and each reads the sum. That place
may be away; then each instance is left with its own counts, which are a sample of all of them and
better than nothing. It waits a little before it believes that, and says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from snowshed.shed._meter import Window

__all__ = ["ClusterLink", "ClusterReader"]

logger = logging.getLogger("snowshed.rules")
TIMEOUT = 2.0


class ClusterLink(Protocol):
    """A place where instances put their counts together."""

    async def exchange(self, own: Mapping[int, Window]) -> Mapping[int, Window]:
        """Tell the counts of this instance and return those of all, by the length of the window.

        Cancelled when it takes too long. May raise anything: that is counted.
        """
        ...

    async def aclose(self) -> None:
        """Leave the cluster: the rules have ended."""
        ...


class ClusterReader:
    """Keeps the last sum, without ever waiting for the next.

    Args:
        link: where the sums come from; None: there is no cluster.
        grace: seconds without an answer after which this instance's own counts have to do.
    """

    def __init__(self, link: ClusterLink | None, *, grace: float = 5.0) -> None:
        self._link = link
        self._grace = grace
        self._task: asyncio.Task[None] | None = None
        self._sum: Mapping[int, Window] = {}
        self._answered: float | None = None
        self._began: float | None = None
        self._error = ""
        self.failed = 0
        self.lost = False

    @property
    def connected(self) -> bool:
        """Whether there is a cluster at all."""
        return self._link is not None

    def ask(self, own: Mapping[int, Window], now: float) -> None:
        """Begin an exchange in a task of the running loop, unless one is under way."""
        if self._link is not None and own and self._task is None:
            self._task = asyncio.get_running_loop().create_task(
                self._exchange(self._link, own, now), name="snowshed-rules-cluster"
            )

    def look(self, now: float) -> tuple[Mapping[int, Window] | None, str]:
        """Return the last sum, and what has changed, in words or empty.

        None: count on this instance alone. An empty sum: there is nothing yet, wait.
        """
        if self._link is None:
            return None, ""
        if self._began is None:
            self._began = now
        last = self._began if self._answered is None else self._answered
        lost = now - last > self._grace
        if lost is self.lost:
            return (None if lost else self._sum), ""
        self.lost = lost
        if lost:
            why = f" ({self._error})" if self._error else ""
            what = f"no answer about the cluster for {now - last:.1f} s{why}; "
            return None, what + "rules of the cluster judge this instance alone"
        return self._sum, "the cluster answers again; its rules judge all instances"

    async def aclose(self) -> None:
        """End the exchange that is under way, and leave the cluster."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._link is not None:
            try:
                async with asyncio.timeout(TIMEOUT):
                    await self._link.aclose()
            except Exception:
                logger.exception("the cluster could not be left")

    async def _exchange(self, link: ClusterLink, own: Mapping[int, Window], now: float) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                self._sum = await link.exchange(own)
            self._answered = now
        except Exception as error:  # noqa: BLE001 - counted; the loss itself is an event
            self.failed += 1
            self._error = f"{type(error).__name__}: {error}"[:200]
        finally:
            self._task = None
