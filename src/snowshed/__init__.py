"""Keeps asyncio services standing: sees, bounds and names the tasks that one request starts.

The code lies in layers; each imports only what lies below it:

    cli                   the `snowshed` command
    demo, testing         the flooded shop; virtual time for tests
    pytest_plugin         says which test has left a task behind
    attach                `init()` and `snowshed run`: watches code that knows nothing of snowshed
    integrations          one file for each foreign interface: ASGI, gRPC, HTTP clients, metrics
    doctor                names the cause of a flood from dumps, profiles and traces, Go and Python
    lint                  finds where the causes begin in source, Go and Python
    observe               every task: its state, what it waits for; sampler, profiles
    shed                  admission, criticality, light answers, rules, breakers, retry budgets
    formats               pprof, goroutine dumps, collapsed stacks: bytes to model and back
    core                  scopes, budgets, deadlines, semaphore, channels, select, worker pool
    model, config         plain data; settings
    errors                everything that a user may catch

The names below arrive when they are first used, so that `import snowshed` costs next to nothing.

PYTEST_DONT_REWRITE: whoever loads snowshed before pytest does must not be warned of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.attach import Runtime, init
    from snowshed.core import (
        ReceiveChannel,
        SendChannel,
        TaskScope,
        WeightedSemaphore,
        WorkerPool,
        current_scope,
        open_channel,
        open_scope,
        remaining,
        select,
    )
    from snowshed.errors import (
        BudgetExceeded,
        CircuitOpen,
        ClosedResourceError,
        ConfigError,
        DeadlineExceeded,
        EndOfChannel,
        FormatError,
        Overloaded,
        SnowshedError,
        WouldBlock,
        WouldDeadlock,
    )

    __version__: str

__all__ = [
    "BudgetExceeded",
    "CircuitOpen",
    "ClosedResourceError",
    "ConfigError",
    "DeadlineExceeded",
    "EndOfChannel",
    "FormatError",
    "Overloaded",
    "ReceiveChannel",
    "Runtime",
    "SendChannel",
    "SnowshedError",
    "TaskScope",
    "WeightedSemaphore",
    "WorkerPool",
    "WouldBlock",
    "WouldDeadlock",
    "__version__",
    "current_scope",
    "init",
    "open_channel",
    "open_scope",
    "remaining",
    "select",
]

_DOORS = ("snowshed.errors", "snowshed.core", "snowshed.attach")


def __getattr__(name: str) -> object:
    if name == "__version__":
        value: object = import_module("importlib.metadata").version("snowshed")
    elif name in __all__:
        doors = map(import_module, _DOORS)
        value = next(getattr(door, name) for door in doors if name in door.__all__)
    else:
        msg = f"module 'snowshed' has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
