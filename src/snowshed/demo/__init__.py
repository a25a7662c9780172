"""``snowshed demo``: one service flooded in two ways, bare and under snowshed, side by side."""

from __future__ import annotations

from snowshed.demo._run import run_demo

__all__ = ["run_demo"]
