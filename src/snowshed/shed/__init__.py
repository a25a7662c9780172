"""Standing in the flood: what a service does when more comes than it can do."""

from __future__ import annotations

from snowshed.shed._baggage import (
    Baggage,
    current_baggage,
    current_criticality,
    set_baggage,
)
from snowshed.shed._criticality import Criticality
from snowshed.shed._limits import (
    AIMDLimit,
    FixedLimit,
    Gradient2Limit,
    Limit,
    Sample,
    Tick,
    VegasLimit,
    WindowedLimit,
)

__all__ = [
    "AIMDLimit",
    "Baggage",
    "Criticality",
    "FixedLimit",
    "Gradient2Limit",
    "Limit",
    "Sample",
    "Tick",
    "VegasLimit",
    "WindowedLimit",
    "current_baggage",
    "current_criticality",
    "set_baggage",
]
