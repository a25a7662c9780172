"""Starts snowshed inside a service that does not know of it; `snowshed run` is what asks for it.

At start Python imports the first ``sitecustomize`` on its path. `snowshed run` puts this folder in
front of ``PYTHONPATH``, where it stays, so that worker processes and reloaders get it as well. The
service comes first, which makes four rules:

* Whatever fails here is one line on stderr, and the service runs as if snowshed were not there.
* ``PYTHONPATH`` also reaches processes that never run a loop: pip, git hooks, helpers of
  `multiprocessing`. They must not pay for it, so nothing is imported here; snowshed starts when
  asyncio or a server is imported. That adds 0.6 ms to a start of 12 ms; to import asyncio and the
  package here would add 75.
* Only the first ``sitecustomize`` is imported, and distributions, coverage and ddtrace have one
  too: so the next one on the path is imported from here, as if this one did not exist.
* The command's interpreter need not be ours. This file runs on any Python since 3.7, and finds the
  snowshed that is installed beside the service, if there is one.

The trick is that of ``ddtrace-run`` and ``opentelemetry-instrument``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_HERE = os.path.dirname(__file__)  # noqa: PTH120 - pathlib would double the cost of this file
_TOLD = "SNOWSHED_TOLD"


# Whoever imports snowshed first would else import asyncio out of a half-imported snowshed, and
# starting needs the whole.
_START_AFTER = {"asyncio", "snowshed"}
# These import asyncio when they are half imported themselves, too late to be changed on import.
_START_BEFORE = {"granian", "hypercorn", "uvicorn"}


class _StartSnowshed:
    """A finder that finds nothing of its own: it sees which imports begin."""

    def __init__(self) -> None:
        self._armed = True

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if self._armed and name in _START_BEFORE:
            self.start()
        if not self._armed or name not in _START_AFTER:
            return None
        spec = self._found_by_others(name, path, target)
        try:
            if spec is not None:
                _call_after_execution(spec.loader, self.start)
        except Exception as error:  # noqa: BLE001 - a loader of a kind that we do not know
            _tell(error)
        return spec

    def start(self) -> None:
        """Start snowshed, once."""
        if not self._armed:
            return
        self._armed = False
        try:
            from snowshed.attach import start_from_environment  # noqa: PLC0415

            start_from_environment()
        except Exception as error:  # noqa: BLE001 - the service must run
            _tell(error)

    def _found_by_others(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None


def _call_after_execution(loader: Any, action: Callable[[], None]) -> None:
    """Have ``loader`` call ``action`` when it has executed its module, and be itself again."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        del loader.exec_module
        execute(module)
        action()

    loader.exec_module = exec_module


def _tell(error: Exception) -> None:
    # stderr may be closed or None, and the text of the error another error.
    try:
        line = f"snowshed: {sys.executable} runs without snowshed: {_reason(error)}\n"
        # Children inherit the variable: many workers of one service say it once.
        if os.environ.get(_TOLD) != line:
            os.environ[_TOLD] = line
            sys.stderr.write(line)
    except Exception:  # noqa: BLE001, S110 - the service must run
        pass


def _reason(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "snowshed":
        return "it is not installed there (pip install snowshed)"
    return " ".join(f"{type(error).__name__}: {error}".split())


def _arm() -> None:
    # Tools that chain may have this file executed twice in a process.
    if any(type(finder).__name__ == _StartSnowshed.__name__ for finder in sys.meta_path):
        return
    starter = _StartSnowshed()
    sys.meta_path.insert(0, starter)
    if "asyncio" in sys.modules:
        starter.start()


def _import_the_next() -> None:
    """Import the ``sitecustomize`` that would have been imported without this one."""
    if _HERE not in sys.path:
        return
    index = sys.path.index(_HERE)
    del sys.path[index]
    this = sys.modules.pop(__name__)
    try:
        __import__(__name__)
    except ImportError as error:
        if error.name != __name__:
            raise
        sys.modules[__name__] = this
    finally:
        sys.path.insert(index, _HERE)


try:
    _arm()
except Exception as error:  # noqa: BLE001 - the service must run
    _tell(error)
# What the next one raises is between it and Python, as without us.
_import_the_next()
