"""What is left behind on purpose, by libraries that keep a helper for the life of the process.

goleak keeps such a list too (``IgnoreAnyFunction``). A name stands for the module and all below it,
by whole dotted parts; for a thread also its own name may begin so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed._pytest_plugin._watch import Site

# Threads that wait for work until the process ends: idle workers of executors, monitors, exporters,
# debuggers, other plugins of pytest.
HELPERS = (
    "_pydevd_bundle",
    "anyio",
    "asgiref",
    "concurrent.futures",
    "ddtrace",
    "debugpy",
    "elasticapm",
    "execnet",
    "fsspec",
    "grpc",
    "logfire",
    "multiprocessing",
    "newrelic",
    "opentelemetry",
    "pydevd",
    "pymongo",
    "pytest_rerunfailures",
    "pytest_timeout",
    "sentry_sdk",
    "tqdm",
    "watchdog",
    "xdist",
)


def is_ignored(prefixes: Iterable[str], names: Iterable[str]) -> bool:
    """Tell whether one of the dotted ``names`` is, or lies below, one of ``prefixes``."""
    names = list(names)
    return any(
        name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes for name in names
    )


def module_of(site: Site | None) -> list[str]:
    """Return the dotted name of the function that ``site`` lies in, if its module is loaded."""
    if site is None:
        return []
    # Only asked when something is left, so that nothing is paid for it before.
    return [
        f"{name}.{site.code.co_qualname}"
        for name, module in list(sys.modules.items())
        # A test may have put None there, or what is no module.
        if getattr(module, "__dict__", {}).get("__file__") == site.code.co_filename
    ]
