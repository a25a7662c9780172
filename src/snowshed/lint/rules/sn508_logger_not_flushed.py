"""A logger keeps lines in memory, and nothing has it write them before the process ends.

## What it does

Reports a `QueueListener` of Python that is started and never stopped, and that no other package can
stop: it is in a local variable, in one of the module whose name begins with an underscore, or in
the program that is run. Any other is told as advice, and so is each logger of Go that writes later,
if nothing in the package stops or flushes it.

## Why

Such a logger takes lines from who logs, and something beside it writes them. Who is not stopped
loses at the end what has not been written: in a crash the lines that say why. What writes beside it
is one more task that never ends. Cause: unreleased-resource.

## Bad

```go
package p

import (
        "os"

        "go.uber.org/zap/zapcore"
)

func core(encoder zapcore.Encoder) zapcore.Core {
        buffered := &zapcore.BufferedWriteSyncer{WS: os.Stdout}
        return zapcore.NewCore(encoder, buffered, zapcore.InfoLevel)
}
```

```python
import logging
import logging.handlers
import queue


def set_up(target: logging.Handler) -> None:
    records = queue.Queue(10_000)
    logging.getLogger().addHandler(logging.handlers.QueueHandler(records))
    listener = logging.handlers.QueueListener(records, target)
    listener.start()
```

## Good

```go
package p

import (
        "os"

        "go.uber.org/zap/zapcore"
)

func core(encoder zapcore.Encoder) (zapcore.Core, func() error) {
        buffered := &zapcore.BufferedWriteSyncer{WS: os.Stdout}
        return zapcore.NewCore(encoder, buffered, zapcore.InfoLevel), buffered.Stop
}
```

```python
import atexit
import logging
import logging.handlers
import queue


def set_up(target: logging.Handler) -> None:
    records = queue.Queue(10_000)
    logging.getLogger().addHandler(logging.handlers.QueueHandler(records))
    listener = logging.handlers.QueueListener(records, target)
    listener.start()
    atexit.register(listener.stop)
```

## Not reported

In Go, a logger of zap that has no `BufferedWriteSyncer`: it writes at once, and has nothing to
lose. Known are that one, the `diode` of zerolog, and sentry. In Python, a `QueueListener` that is
returned or handed on; and a `QueueHandler` by itself, whatever its queue: it loses nothing. What
another package stops is not seen: that is why the rest is advice.

## Silence

`//snowshed:ignore SN508 reason` or `# snowshed: ignore[SN508] reason`, on the line or the one above
it.
"""

from __future__ import annotations

from snowshed.lint._go._unflushed import unflushed
from snowshed.lint._python._listeners import unstopped
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

__all__ = ["RULE"]

RULE = Rule(
    "SN508",
    "logger-not-flushed",
    Cause.UNRELEASED_RESOURCE,
    in_go=unflushed,
    in_python=unstopped,
    severity=Severity.LOW,
    asked="all of Go, some of Python",
)
