"""How much may be in flight at once: pure rules that learn it from what finishes."""

from __future__ import annotations

from snowshed.shed._limits._limit import Limit, Sample, Tick

__all__ = ["Limit", "Sample", "Tick"]
