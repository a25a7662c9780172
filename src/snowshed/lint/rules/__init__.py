"""The rules, one file each: what it does, why, bad, good, how to silence it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snowshed.lint._rule import Rule

__all__ = ["rules", "told"]


@cache
def _modules() -> dict[str, Any]:
    names = sorted(path.stem for path in Path(__file__).parent.glob("sn[0-9]*.py"))
    found = [import_module(f"{__name__}.{name}") for name in names]
    return {module.RULE.id: module for module in found}


def rules() -> dict[str, Rule]:
    """Return each rule by its id, in the order of the ids."""
    return {id_: module.RULE for id_, module in _modules().items()}


def told(id_: str) -> str:
    """Return what the file of rule ``id_`` says of it: Markdown.

    Raises:
        KeyError: there is no such rule.
    """
    return (_modules()[id_].__doc__ or "").strip()
