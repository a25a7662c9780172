"""The metrics of snowshed: their names, and where their values come from.

One table for every system that takes metrics, so that they cannot come to say different things.
Each value is read when it is asked for, from the ``statistics()`` that everybody reads. Labels
are bounded: limiters, rules and features are named in code or settings, and of targets there are at
most a thousand.

Requests that were *offered* and those that were *admitted* are two numbers. A service that sheds
looks idle to whoever sees only what it admitted, and is scaled down in the midst of a flood.
"""

from __future__ import annotations

from snowshed.integrations._metrics._metric import Metric
from snowshed.integrations._metrics._shed import SHED, ShedMetric
from snowshed.integrations._metrics._sources import (
    BreakerReading,
    LimiterReading,
    RetryReading,
    RuleActivity,
    RuleReading,
    ShedSources,
    reading_of,
    rules_in,
)
from snowshed.integrations._metrics._totals import TOTALS, Totals

__all__ = [
    "SHED",
    "TOTALS",
    "BreakerReading",
    "LimiterReading",
    "Metric",
    "RetryReading",
    "RuleActivity",
    "RuleReading",
    "ShedMetric",
    "ShedSources",
    "Totals",
    "reading_of",
    "rules_in",
]
