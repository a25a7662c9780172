"""Standing in the flood: what a service does when more comes than it can do."""

from __future__ import annotations

from snowshed.shed._baggage import (
    Baggage,
    current_baggage,
    current_criticality,
    set_baggage,
)
from snowshed.shed._criticality import Criticality
from snowshed.shed._limits import Limit, Sample, Tick

__all__ = [
    "Baggage",
    "Criticality",
    "Limit",
    "Sample",
    "Tick",
    "current_baggage",
    "current_criticality",
    "set_baggage",
]
