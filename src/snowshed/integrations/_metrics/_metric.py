"""What a metric is called in the systems that take metrics, and what it says."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Metric"]


class Metric(NamedTuple):
    """What a metric is called, and what it says.

    Attributes:
        kind: a counter only grows.
        prometheus: its name there, without the ``_total`` of a counter.
        otel: its name in OpenTelemetry.
        unit: as UCUM has it.
        text: what it says.
        labels: names of its labels.
    """

    kind: Literal["counter", "gauge"]
    prometheus: str
    otel: str
    unit: str
    text: str
    labels: tuple[str, ...] = ()
