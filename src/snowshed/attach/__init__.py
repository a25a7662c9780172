"""Watching and bounding a service that knows nothing of snowshed.

`init` does it in code; `snowshed run` without.

The names below arrive when they are first used: who needs a part of this does not load the whole.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.attach._init import init, start_from_environment
    from snowshed.attach._runtime import Runtime, RuntimeStatistics
    from snowshed.attach._settings import Settings

__all__ = ["Runtime", "RuntimeStatistics", "Settings", "init", "start_from_environment"]

_MODULES = {
    "Runtime": "_runtime",
    "RuntimeStatistics": "_runtime",
    "Settings": "_settings",
    "init": "_init",
    "start_from_environment": "_init",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        msg = f"module 'snowshed.attach' has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
