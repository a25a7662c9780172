"""What the machine says about this process: processor time, memory, and how late the loop is."""

from __future__ import annotations

from snowshed.shed._sensors._lag import LoopLag
from snowshed.shed._sensors._sensors import Sensors

__all__ = ["LoopLag", "Sensors"]
