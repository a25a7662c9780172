"""What can be wrong, one file for each kind of fault: what it is, how it is seen, what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from snowshed.doctor.causes import (
    abandoned_receiver,
    abandoned_sender,
    await_cycle,
    blocked_loop,
    cond_never_signalled,
    context_never_done,
    detached_handler_task,
    double_lock,
    executor_starved,
    fanout,
    io_no_deadline,
    lock_across_channel,
    lock_order,
    never_closed_range,
    nil_channel,
    queue_without_consumer,
    run_queue,
    rwlock_recursion,
    thread_pinned,
    transport_no_timeout,
    unclosed_body,
    unclosed_client,
    unclosed_pool,
    unclosed_rows,
    undrained_stream,
    unretrieved_exception,
    unstopped_ticker,
    waitgroup_never_done,
)

if TYPE_CHECKING:
    from snowshed.doctor._cause import Detail, Looks

__all__ = ["ALL", "details", "told"]

ALL: tuple[Looks, ...] = (
    nil_channel.suspicions,
    abandoned_sender.suspicions,
    abandoned_receiver.suspicions,
    waitgroup_never_done.suspicions,
    cond_never_signalled.suspicions,
    double_lock.suspicions,
    lock_order.suspicions,
    lock_across_channel.suspicions,
    rwlock_recursion.suspicions,
    run_queue.suspicions,
    transport_no_timeout.suspicions,
    unclosed_body.suspicions,
    await_cycle.suspicions,
    blocked_loop.suspicions,
    executor_starved.suspicions,
    unretrieved_exception.suspicions,
    queue_without_consumer.suspicions,
    unclosed_client.suspicions,
    fanout.suspicions,
    detached_handler_task.suspicions,
    never_closed_range.suspicions,
    context_never_done.suspicions,
    io_no_deadline.suspicions,
    unclosed_rows.suspicions,
    unclosed_pool.suspicions,
    unstopped_ticker.suspicions,
    undrained_stream.suspicions,
    thread_pinned.suspicions,
)


def details() -> dict[str, Detail]:
    """Return each kind of fault that is looked for, by its name, in the order of the alphabet."""
    found: list[Detail] = [sys.modules[each.__module__].DETAIL for each in ALL]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def told(name: str) -> str:
    """Return what the file of that kind of fault says of it, in plain text.

    Raises:
        KeyError: there is no such kind.
    """
    for each in ALL:
        module = sys.modules[each.__module__]
        if module.DETAIL.name == name:
            return (module.__doc__ or "").replace("``", "").strip()
    raise KeyError(name)
