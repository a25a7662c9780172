"""How a diagnosis is told: to people as text or as a page, to programs as JSON or SARIF."""

from __future__ import annotations

from snowshed.doctor._report._document import document
from snowshed.doctor._report._html import html
from snowshed.doctor._report._sarif import sarif
from snowshed.doctor._report._text import summary, text

__all__ = ["document", "html", "sarif", "summary", "text"]
