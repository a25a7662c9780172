"""Everything that looks at the tasks of a process, put together and started when a loop runs.

A process that never runs an event loop has nothing to look at, and `snowshed run` reaches many
such: so no thread is started and no socket opened before the first loop runs.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from snowshed.attach._cycle_watch import EVERY, CycleWatch
from snowshed.attach._origins import Origins
from snowshed.core._census import channels, open_scopes, pools
from snowshed.integrations._open_scopes import scopes_in
from snowshed.observe._background import Background, Rest
from snowshed.observe._polite import PAUSE, polite_imports
from snowshed.observe._sampler._export import Exporter
from snowshed.observe._sampler._sampler import Sampler
from snowshed.observe._serve._serve import Server
from snowshed.observe._settings import is_loopback
from snowshed.observe._snapshot._glance import Glance
from snowshed.observe._snapshot._snapshot import Describe, Snapshot, take
from snowshed.observe._upload._targets import target_of
from snowshed.observe._upload._upload import Uploader
from snowshed.observe._watch import Watch

if TYPE_CHECKING:
    from snowshed.attach._runtime import Runtime
    from snowshed.integrations._debug import Observed, Pages
    from snowshed.model import Frame
    from snowshed.observe._registry._site import SiteStatistics
    from snowshed.observe._serve._exchange import Request, Response
    from snowshed.observe._settings import Settings

MOUNT = "/debug"
# How often young tasks are looked at, in seconds; see `snowshed.observe._registry._live`.
TICK = 0.1
# When the pages are loaded, after the first loop has begun to run, and the pause before each of
# their modules; in seconds.
PREPARED_AFTER, PREPARING_PAUSE = 1.0, 0.01
# Until the loops have told of their youngest tasks, or it is clear that one is blocked.
PATIENCE = 0.05


class Observing:
    """The sampler, the profiles, the debug pages and their server.

    Args:
        settings: section ``observe``.
        runtime: what is looked at.
    """

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._registry = runtime.registry
        self._origins = Origins(runtime.registry, runtime._open_budgets)
        self._uploader = self._make_uploader()
        self.sampler = self._make_sampler()
        self._watch = Watch(self._jobs(), in_child=self._in_child)
        self._pages: Pages | None = None
        self._preparing = Background("snowshed-debug-load", self._prepare)
        self._runs = self._wraps = False
        self.sources = self._make_sources()
        self.server = Server(
            self._answer,
            port=settings.debug_port,
            host=settings.debug_host,
            unix=settings.debug_socket,
        )

    def loop_runs(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at ``loop`` from now on; called in the thread that is about to run it."""
        if self.sampler is not None:
            self.sampler.watch(loop)
        self._watch.start()
        if self._uploader is not None:
            self._uploader.start()
            if not self._runs:
                # What the last interval has seen is sent, too.
                atexit.register(self.stop)
        self._runs = True
        self._serve()

    def wrapped(self) -> None:
        """Know that this process serves an application."""
        self._wraps = True
        if self._runs:
            self._serve()

    def _serve(self) -> None:
        # A process that serves nothing may run a loop too, as the master of gunicorn does in a
        # thread, and must not keep the port from those that do the work.
        is_main = threading.current_thread() is threading.main_thread()
        self.server.start(with_port=is_main or self._wraps)
        if self.server.addresses() and self._pages is None:
            # No thread can be had: then whoever asks first waits.
            with contextlib.suppress(RuntimeError):
                self._preparing.start()

    def stop(self) -> None:
        """End the threads, and leave everything as it was."""
        self._watch.stop()
        self._preparing.stop()
        self.server.stop()
        if self.sampler is not None:
            self.sampler.close()
        if self._uploader is not None:
            self._uploader.close()

    # Putting together.

    def _make_uploader(self) -> Uploader | None:
        settings = self._settings
        service = self._runtime.settings.service
        target = target_of(settings, service) if settings.sampler else None
        return None if target is None else Uploader(target)

    def _make_sampler(self) -> Sampler | None:
        if not self._settings.sampler:
            return None
        sink = None if self._uploader is None else Exporter(self._uploader)
        return Sampler(
            self._settings,
            provenance=self._origins,
            owner=self._owner,
            live=self._live,
            sink=sink,
        )

    def _owner(self, task: asyncio.Task[Any]) -> str | None:
        """Tell whose work an old task does; all else takes a search, see `Origins.of`."""
        known = self._registry.known(task)
        return None if known is None else known.site.owner

    def _jobs(self) -> list[Callable[[float], object]]:
        jobs: list[Callable[[float], object]] = [_Every(TICK, self._registry.tick)]
        if self.sampler is not None:
            jobs.append(self.sampler.poll)
        if self._settings.break_cycles:
            jobs.append(_Every(EVERY, CycleWatch()))
        return jobs

    def _make_sources(self) -> dict[str, Callable[[], object]]:
        sources: dict[str, Callable[[], object]] = {
            "scopes": lambda: scopes_in(open_scopes()),
            "pools": lambda: [_named(pool) for pool in pools.all()],
            "channels": lambda: [channel.statistics() for channel in channels.all()],
            "clients": self._runtime.clients.statistics,
            "watch": self._watch.statistics,
        }
        if self.sampler is not None:
            sources["sampler"] = self.sampler.statistics
        if self._uploader is not None:
            sources["uploads"] = self._uploader.statistics
        return sources

    def _prepare(self, rest: Rest) -> None:
        """Load the pages before somebody asks.

        Who asks has trouble as a rule. Then a tenth of a second of loading is felt, the disk may be
        full, and the files on it may be those of the next version already.
        """
        if not rest(PREPARED_AFTER):
            with contextlib.suppress(Exception):  # the first that asks is told what is wrong
                self._loaded(pause=PREPARING_PAUSE)

    def _loaded(self, pause: float = PAUSE) -> Pages:
        if self._pages is None:
            with polite_imports(pause):
                from snowshed.integrations._debug import Access, Pages  # noqa: PLC0415

            # Beyond this machine the settings ask for a token.
            remote = not is_loopback(self._settings.debug_host)
            access = Access(self._settings.debug_token, allow_remote=remote)
            self._pages = Pages(self._runtime, observed=self.observed(), access=access, mount=MOUNT)
        return self._pages

    def _answer(self, request: Request) -> Response:
        """Answer a request to the server."""
        return self._loaded().answer(request)

    # Reading; from any thread.

    def observed(self) -> Observed:
        """Return what the debug pages show of tasks."""
        from snowshed.integrations._debug import Observed  # noqa: PLC0415 - only if somebody looks

        sampler = self.sampler
        return Observed(
            snapshot=self.snapshot,
            glance=self.glance,
            sites=self.sites,
            history=self._registry.history.last,
            block_profile=None if sampler is None else lambda: sampler.profile("block"),
            wall_profile=None if sampler is None else lambda: sampler.profile("wall"),
            cpu_profile=None if sampler is None else sampler.cpu_profile,
        )

    def snapshot(self) -> Snapshot:
        """Return each task and thread at this moment; see `snowshed.observe.take`."""
        return take(self._describe())

    def glance(self) -> Glance:
        """Return who has made each task and for whom, and little of what it does."""
        return Glance(self._describe())

    def _describe(self) -> Describe:
        return Describe(self._origins.for_many(), loops=self._registry.loops())

    def sites(self) -> tuple[SiteStatistics, ...]:
        """Return the totals of each line that makes tasks, the newest tasks included."""
        self._registry.refresh(PATIENCE)
        return self._registry.statistics()

    def _live(self) -> Mapping[Frame, int]:
        return {row.created_at: row.live for row in self._registry.statistics()}

    def _in_child(self) -> None:
        self._runtime.after_fork()
        if self.sampler is not None:
            self.sampler.after_fork()


def _named(pool: Any) -> dict[str, object]:
    return {"name": pool._crew.name, **asdict(pool.statistics())}


class _Every:
    """Does a job of the watch thread less often than the thread looks."""

    def __init__(self, seconds: float, job: Callable[[float], object]) -> None:
        self.__qualname__ = getattr(job, "__qualname__", "")
        self._seconds = seconds
        self._job = job
        self._next = float("-inf")

    def __call__(self, now: float) -> None:
        if now >= self._next:
            self._next = now + self._seconds
            self._job(now)
