"""What can be wrong, one file for each kind of fault: what it is, how it is seen, what to do."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._cause import Detail, Looks

    ALL: tuple[Looks, ...]

__all__ = ["ALL", "asked", "details", "told"]

# The files, in the order in which they are asked.
_NAMES = (
    "nil_channel",
    "abandoned_sender",
    "abandoned_receiver",
    "waitgroup_never_done",
    "cond_never_signalled",
    "double_lock",
    "lock_order",
    "lock_across_channel",
    "rwlock_recursion",
    "run_queue",
    "transport_no_timeout",
    "unclosed_body",
    "await_cycle",
    "blocked_loop",
    "executor_starved",
    "unretrieved_exception",
    "queue_without_consumer",
    "unclosed_client",
    "fanout",
    "detached_handler_task",
    "never_closed_range",
    "context_never_done",
    "io_no_deadline",
    "unclosed_rows",
    "unclosed_pool",
    "unstopped_ticker",
    "undrained_stream",
    "thread_pinned",
)
# Those that look at tasks of Python only. They are loaded for a case that has some.
_OF_PYTHON = frozenset(
    {
        "await_cycle",
        "blocked_loop",
        "executor_starved",
        "unretrieved_exception",
        "queue_without_consumer",
        "unclosed_client",
    }
)


def asked(case: Case) -> tuple[Looks, ...]:
    """Return what may have something to say of ``case``."""
    tasks = bool(case.facts or case.ended) or any(group.is_python for group in case.groups)
    names = (name for name in _NAMES if tasks or name not in _OF_PYTHON)
    return tuple(_module(name).suspicions for name in names)


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{name}")


def __getattr__(name: str) -> object:
    if name == "ALL":
        return tuple(_module(each).suspicions for each in _NAMES)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def details() -> dict[str, Detail]:
    """Return each kind of fault that is looked for, by its name, in the order of the alphabet."""
    found: list[Detail] = [_module(name).DETAIL for name in _NAMES]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def told(name: str) -> str:
    """Return what the file of that kind of fault says of it, in plain text.

    Raises:
        KeyError: there is no such kind.
    """
    for module in map(_module, _NAMES):
        if module.DETAIL.name == name:
            return (module.__doc__ or "").replace("``", "").strip()
    raise KeyError(name)
