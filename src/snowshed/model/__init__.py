"""Plain data that the layers above exchange: no behaviour, no input or output."""

from __future__ import annotations

from snowshed.model._request import RequestReport, SiteCount

__all__ = ["RequestReport", "SiteCount"]
