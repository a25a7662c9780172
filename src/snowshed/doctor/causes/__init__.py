"""What can be wrong, one file for each kind of fault: what it is, how it is seen, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.doctor.causes import (
    abandoned_receiver,
    abandoned_sender,
    cond_never_signalled,
    double_lock,
    lock_across_channel,
    lock_order,
    nil_channel,
    rwlock_recursion,
    transport_no_timeout,
    unclosed_body,
    waitgroup_never_done,
)

if TYPE_CHECKING:
    from snowshed.doctor._cause import Looks

__all__ = ["ALL"]

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
    transport_no_timeout.suspicions,
    unclosed_body.suspicions,
)
