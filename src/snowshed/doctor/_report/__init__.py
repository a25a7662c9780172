"""How a diagnosis is told: to people as text or as a page, to programs as JSON or SARIF."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from snowshed.doctor._report._text import summary, text

if TYPE_CHECKING:
    from snowshed.doctor._report._document import document
    from snowshed.doctor._report._html import html
    from snowshed.doctor._report._sarif import sarif

__all__ = ["document", "html", "sarif", "summary", "text"]


def __getattr__(name: str) -> object:
    """Load what is asked for less often when it is."""
    if name not in {"document", "html", "sarif"}:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}._{name}"), name)
