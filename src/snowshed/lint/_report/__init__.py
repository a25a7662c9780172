"""How findings are told: to people as text, to programs and code scanning in their forms."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from snowshed.lint._report._paint import PLAIN, Paint

if TYPE_CHECKING:
    from snowshed.lint._report._github import github
    from snowshed.lint._report._gitlab import gitlab
    from snowshed.lint._report._json import document
    from snowshed.lint._report._sarif import sarif
    from snowshed.lint._report._statistics import counted, statistics
    from snowshed.lint._report._text import concise, text
    from snowshed.lint._report._words import summary

__all__ = [
    "PLAIN",
    "Paint",
    "concise",
    "counted",
    "document",
    "github",
    "gitlab",
    "sarif",
    "statistics",
    "summary",
    "text",
]

_HOMES = {
    "concise": "_text",
    "counted": "_statistics",
    "document": "_json",
    "github": "_github",
    "gitlab": "_gitlab",
    "sarif": "_sarif",
    "statistics": "_statistics",
    "summary": "_words",
    "text": "_text",
}


def __getattr__(name: str) -> object:
    """Load a report when it is asked for."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
