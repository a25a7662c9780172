"""Standing in the flood: what a service does when more comes than it can do."""

from __future__ import annotations

from snowshed.shed._criticality import Criticality
from snowshed.shed._limits import Limit, Sample, Tick

__all__ = ["Criticality", "Limit", "Sample", "Tick"]
