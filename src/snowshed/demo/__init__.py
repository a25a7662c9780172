"""``snowshed demo``: the same service flooded twice, bare and under snowshed, side by side."""

from __future__ import annotations

from snowshed.demo._run import run_demo

__all__ = ["run_demo"]
