"""Findings that a doctor may have made, for whoever tells or compares them."""

from __future__ import annotations

from dataclasses import replace

from snowshed.doctor import Diagnosis
from snowshed.model import Cause, Finding, Frame, Related, Severity

LEAK = Finding(
    Cause.CHANNEL_CASCADE,
    "abandoned-sender",
    Severity.HIGH,
    0.93,
    4812,
    "chan send",
    Frame("billing.notify", "billing/notify.go", 88),
    Frame("billing.bill", "billing/notify.go", 71),
    evidence=("1,000 -> 4,812 in 375 s, +610 a minute",),
    against=("a receiver that is slow looks the same in a single look",),
    why="whoever should receive has returned early",
    advice="give the channel a buffer for every value that is sent, "
    "or send in a select that also waits for ctx.Done()",
    related=(Related(Frame("billing.wait", "billing/notify.go", 30), "the receiver returns here"),),
    goroutines=(17, 18),
)
NIL = replace(
    LEAK,
    detail="nil-channel",
    severity=Severity.LOW,
    count=3,
    at=Frame("main.(*Server).run[...]", "/srv/shop/run.go", 5),
    related=(),
)


def diagnosis(*findings: Finding) -> Diagnosis:
    return Diagnosis(5000, findings or (LEAK, NIL))
