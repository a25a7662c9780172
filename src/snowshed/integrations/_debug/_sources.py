"""The statistics of whatever a process has, by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from snowshed.integrations._debug._json import as_json, as_text
from snowshed.integrations._open_requests import open_requests
from snowshed.shed._degrade import feature_statistics
from snowshed.shed._pressure import service_pressure
from snowshed.shed._target import shared_targets

__all__ = ["ALL", "Source", "Sources"]

ALL = "all"
_TRIES = 3

logger = logging.getLogger("snowshed.debug")
Source = Callable[[], object]

_OF_THE_PROCESS: Mapping[str, Source] = {
    "pressure": service_pressure.statistics,
    "features": feature_statistics,
    "targets": lambda: [target.statistics() for target in shared_targets()],
}


def _of_runtime(runtime: Any) -> Iterator[tuple[str, Source]]:
    """Yield what a runtime knows; one that somebody else has made may know less."""
    if runtime is None:
        return
    yield "runtime", runtime.statistics
    budgets = getattr(runtime, "_open_budgets", None)
    if budgets is not None:
        yield "requests", lambda: open_requests(budgets())
    admission = getattr(runtime, "admission", None)
    if admission is not None:
        yield "limiter", admission.limiter.statistics
        yield "routes", admission.routes.statistics
    rules = getattr(runtime, "rules", None)
    if rules is not None:
        yield "rules", rules.report


def _of_any_thread(runtime: object) -> Mapping[str, Source]:
    """Return what a runtime says of what there may be many of: scopes, pools, channels."""
    sources = getattr(runtime, "debug_sources", None)
    return {} if sources is None else sources()


class Sources:
    """What there is to show, and how it looks.

    Args:
        runtime: what `snowshed.init` returned, or None.
        others: looked at anew each time, so that it can grow.
    """

    def __init__(self, runtime: object, others: Mapping[str, Source]) -> None:
        self._long = _of_any_thread(runtime)
        self._own: dict[str, Source] = {
            **dict(_of_runtime(runtime)),
            **self._long,
            **_OF_THE_PROCESS,
        }
        self._others = others
        self._failed: set[str] = set()

    def all(self) -> dict[str, Source]:
        """Return each source by its name."""
        return {**self._own, **self._others}

    def is_long(self, name: str) -> bool:
        """Tell whether a source takes so long that the loop must not wait for it."""
        return name in self._long

    def content(self, name: str) -> dict[str, object] | None:
        """Return what the source of that name has, or all have; None: there is none.

        One that raises is shown as its error, and logged once.
        """
        sources = self.all()
        if name != ALL and name not in sources:
            return None
        content: dict[str, object] = {}
        errors: dict[str, str] = {}
        for each in sources if name == ALL else [name]:
            try:
                content[each] = _encoded(sources[each])
            except Exception as error:  # noqa: BLE001 - it is shown, and logged once
                content[each] = None
                errors[each] = as_text(f"{type(error).__name__}: {error}").decode()
                self._log_once(each, error)
        return {**content, "errors": errors} if errors else content

    def _log_once(self, name: str, error: Exception) -> None:
        if name not in self._failed:
            self._failed.add(name)
            logger.error("the debug source %r failed", name, exc_info=error)


def _encoded(source: Source) -> msgspec.Raw:
    for _ in range(_TRIES - 1):
        try:
            return msgspec.Raw(as_json(source()))
        except RuntimeError:
            # In another thread than the loop's, what it iterates over may change meanwhile.
            continue
    return msgspec.Raw(as_json(source()))
