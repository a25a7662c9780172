"""How much may be in flight at once: pure rules that learn it from what finishes."""

from __future__ import annotations

from snowshed.shed._limits._aimd import AIMDLimit
from snowshed.shed._limits._deadline import DeadlineLimit
from snowshed.shed._limits._fixed import FixedLimit
from snowshed.shed._limits._gradient2 import Gradient2Limit
from snowshed.shed._limits._limit import Limit, OpenRequest, Sample, Tick
from snowshed.shed._limits._vegas import VegasLimit
from snowshed.shed._limits._windowed import WindowedLimit

__all__ = [
    "AIMDLimit",
    "DeadlineLimit",
    "FixedLimit",
    "Gradient2Limit",
    "Limit",
    "OpenRequest",
    "Sample",
    "Tick",
    "VegasLimit",
    "WindowedLimit",
]
