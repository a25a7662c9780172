"""Every exception and warning that a user may catch.

One module, imported by everything and importing nothing, so that no import loop can form around
the errors. Each message says the value that was seen, the limit, the name of the object and the
next step; the same facts are attributes, so that a handler never parses text.

The positional arguments of each class are its facts in order: that keeps them picklable, as
process pools and test runners need.
"""

from __future__ import annotations

__all__ = [
    "BudgetExceeded",
    "CircuitOpen",
    "ClosedResourceError",
    "ConfigError",
    "DeadlineExceeded",
    "EndOfChannel",
    "FormatError",
    "Overloaded",
    "SnowshedError",
    "WouldBlock",
    "WouldDeadlock",
]


class SnowshedError(Exception):
    """The base of every error that snowshed raises.

    Not a base of `ValueError` and `TypeError` from wrong arguments: those are programming errors
    and keep their standard classes.
    """


class BudgetExceeded(SnowshedError):  # noqa: N818 - named for what happened, as TimeoutError's kin
    """A scope would have held more live tasks than its budget allows.

    Raised by `TaskScope.spawn` and friends, and *inside* the task that was refused when the task
    was started by code that knows nothing of scopes (a born-failed task). Never raised for waiting:
    a full ``limit`` waits, or raises `WouldBlock`.

    Attributes:
        scope: name of the scope whose budget was full (an ancestor's, if that one was tighter).
        live: number of live tasks that it held.
        budget: number of live tasks that it may hold.
    """

    def __init__(self, scope: str, live: int, budget: int) -> None:
        super().__init__(scope, live, budget)
        self.scope = scope
        self.live = live
        self.budget = budget

    def __str__(self) -> str:
        return (
            f"scope {self.scope!r} holds {self.live} live tasks and its budget is {self.budget}; "
            "start fewer at once (TaskScope.map with a limit), batch the calls, or raise the budget"
        )


class DeadlineExceeded(SnowshedError, TimeoutError):  # noqa: N818 - gRPC's word
    """The deadline of a scope passed before its work had ended.

    Raised once, where the scope that set the deadline is left; below it the work sees an ordinary
    `asyncio.CancelledError`, so that clean-up runs as always. Also raised by a wait that was given
    a ``timeout`` of its own. Not raised when the caller went away or the scope was cancelled by
    hand.

    Attributes:
        scope: name of the scope that set the deadline (a parent's, when the deadline is inherited).
        timeout: seconds that the scope, or the wait, had.
        waited_for: what a single wait was for; empty when it is the scope that did not end.
    """

    def __init__(self, scope: str, timeout: float, waited_for: str = "") -> None:
        super().__init__(scope, timeout, waited_for)
        # A TimeoutError is an OSError, which takes its arguments for a number, a text and a file.
        self.errno = self.strerror = self.filename = None
        self.scope = scope
        self.timeout = timeout
        self.waited_for = waited_for

    def __str__(self) -> str:
        if self.waited_for:
            return (
                f"scope {self.scope!r} waited {self.timeout:.3f} s for {self.waited_for}; "
                "start less at once, raise the limit, or allow more time"
            )
        return (
            f"scope {self.scope!r} did not end within its {self.timeout:.3f} s; its tasks were "
            "cancelled. Look for the wait that has no timeout of its own, or allow more time"
        )


class WouldBlock(SnowshedError):  # noqa: N818 - the field's word (trio, anyio)
    """A ``_nowait`` operation could not be done at once.

    Nothing was changed by the attempt. Not raised for a closed object: that is
    `ClosedResourceError` or `EndOfChannel`, so the three outcomes stay apart.

    Attributes:
        what: the object and its state, for example ``"channel 'jobs' is full (100 of 100)"``.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"{self.what}; wait with the plain form, or treat it as a refusal"


class WouldDeadlock(SnowshedError):  # noqa: N818 - twin of WouldBlock
    """Waiting here could never end, because the waiter itself holds what it would wait for.

    Raised by a `WorkerPool` when a job submits to its own full pool and would wait for the result,
    and in a task that awaits, through others, itself, once somebody has that cycle broken.

    Attributes:
        what: the object and its state.
        cure: the next step.
    """

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what, cure)
        self.what = what
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.what}; {self.cure}"


class ClosedResourceError(SnowshedError):
    """The object was closed or cancelled on *this* side before the operation.

    Not raised to a receiver whose sender closed the channel: that receiver gets `EndOfChannel`
    when the buffer is empty.

    Attributes:
        what: the object that is closed.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"{self.what} is closed; open a new one, or stop using it after its block has ended"


class EndOfChannel(SnowshedError):  # noqa: N818 - the field's word (trio)
    """The sending side closed the channel and every element has been received.

    ``async for`` turns it into the end of the loop when the channel was closed without a cause.

    Attributes:
        channel: name of the channel.
    """

    def __init__(self, channel: str) -> None:
        super().__init__(channel)
        self.channel = channel

    def __str__(self) -> str:
        return f"channel {self.channel!r} is closed and empty; the sender will send no more"


class Overloaded(SnowshedError):  # noqa: N818 - gRPC's and Envoy's word for it is an adjective too
    """A request was refused so that those which were admitted are answered in time.

    Raised before anything of the request has begun. Not raised for work that a request's own budget
    refuses: that is `BudgetExceeded`.

    Attributes:
        what: the limiter, rule or throttle that refused, and its state.
        reason: one word for metrics: ``limit``, ``infeasible``, ``class``, ``sampled`` or
            ``throttled``.
        retry_after: seconds after which it is worth trying again.
    """

    def __init__(self, what: str, reason: str, retry_after: float) -> None:
        super().__init__(what, reason, retry_after)
        self.what = what
        self.reason = reason
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.what}; try again in {self.retry_after:.1f} s, or do without the answer"


class CircuitOpen(SnowshedError):  # noqa: N818 - the field's word for it is a state
    """A call was not made because the last ones to the same target have failed or were slow.

    Not raised for the call that fails: that raises its own error.

    Attributes:
        breaker: name of the circuit breaker.
        why: what opened it, with the figures.
        retry_after: seconds until the next probe is let through.
    """

    def __init__(self, breaker: str, why: str, retry_after: float) -> None:
        super().__init__(breaker, why, retry_after)
        self.breaker = breaker
        self.why = why
        self.retry_after = retry_after

    def __str__(self) -> str:
        return (
            f"circuit {self.breaker!r} is open: {self.why}; the next probe goes out in "
            f"{self.retry_after:.1f} s. Answer without this dependency, or fail fast"
        )


class ConfigError(SnowshedError):
    """A setting is unknown or has an unacceptable value.

    Attributes:
        where: file, variable or option that holds the setting.
        what: the key or value, and what is accepted instead.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where = where
        self.what = what

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class FormatError(SnowshedError, ValueError):
    """Bytes or text are not of the format that they were taken for, or too large for it.

    Raised when nothing of it could be read, or more than the reader was allowed. A part that could
    be read is returned instead, with warnings beside it.

    Attributes:
        format: name of the format, such as ``pprof``.
        where: the byte or line that was not as expected.
        what: what was found there, and what is accepted.
    """

    def __init__(self, format: str, where: str, what: str) -> None:  # noqa: A002 - the word for it
        super().__init__(format, where, what)
        self.format = format
        self.where = where
        self.what = what

    def __str__(self) -> str:
        return f"{self.format}, {self.where}: {self.what}"
