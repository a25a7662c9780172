"""What keeps lines in memory is told if nothing has them written; zap by itself keeps none."""

from __future__ import annotations

import pytest

from lint._programs import go_function
from lint._wanted import go

HEAD = """
package p

import (
    "github.com/getsentry/sentry-go"
    "github.com/rs/zerolog/diode"
    "go.uber.org/zap"
    "go.uber.org/zap/zapcore"
)
"""


@pytest.mark.parametrize(
    "code",
    [
        "ws := &zapcore.BufferedWriteSyncer{WS: out} // want advice\n use(ws)",
        "w := diode.NewWriter(out, 1000, 0, nil) // want advice\n use(w)",
        "sentry.Init(sentry.ClientOptions{}) // want advice",
    ],
)
def test_what_writes_later_is_told(code: str) -> None:
    go("SN508", go_function(HEAD, "main()", code))


@pytest.mark.parametrize(
    "code",
    [
        "ws := &zapcore.BufferedWriteSyncer{WS: out}\n defer ws.Stop()",
        "w := diode.NewWriter(out, 1000, 0, nil)\n defer w.Close()",
        "sentry.Init(sentry.ClientOptions{})\n defer sentry.Flush(2)",
        # Wrong claim 7: it writes at once.
        "log, _ := zap.NewProduction()\n log.Info(``)",
        "log := zap.New(zapcore.NewCore(encoder, out, level))\n log.Info(``)",
    ],
)
def test_what_is_flushed_or_writes_at_once_is_not(code: str) -> None:
    go("SN508", go_function(HEAD, "main()", code))


def test_another_file_of_the_package_may_stop_it() -> None:
    stop = "package p\nfunc stop() { ws.Stop() }\n"
    make = (
        f"{HEAD}\nvar ws = make()\nfunc make() any {{ return &zapcore.BufferedWriteSyncer{{}} }}\n"
    )
    go("SN508", {"p/a.go": make, "p/b.go": stop})
