"""The rules, one file each: what it does, why, bad, good, how to silence it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.lint._rule import Rule

__all__ = ["Named", "named", "rule", "rules", "told"]

# The first figure of an id.
_CAUSES = dict(zip("12345", Cause, strict=True))


@dataclass(frozen=True, slots=True)
class Named:
    """What the file of a rule is called: enough to know what settings mean, and 40 times faster.

    Attributes:
        id: such as ``SN301``.
        name: the same in words.
        cause: which of the five.
    """

    id: str
    name: str
    cause: Cause


@cache
def _stems() -> dict[str, str]:
    """Return the name of each rule's file by the id."""
    stems = sorted(path.stem for path in Path(__file__).parent.glob("sn[0-9]*.py"))
    return {stem.partition("_")[0].upper(): stem for stem in stems}


@cache
def named() -> dict[str, Named]:
    """Return what each rule is called, by its id, and load none of them."""
    names = {id_: stem.partition("_")[2].replace("_", "-") for id_, stem in _stems().items()}
    return {id_: Named(id_, name, _CAUSES[id_[2]]) for id_, name in names.items()}


@cache
def _modules() -> dict[str, Any]:
    return {id_: import_module(f"{__name__}.{stem}") for id_, stem in _stems().items()}


def rules() -> dict[str, Rule]:
    """Return each rule by its id, in the order of the ids."""
    return {id_: module.RULE for id_, module in _modules().items()}


@cache
def rule(id_: str) -> Rule | None:
    """Return one rule, and load no other: who tells of a few findings needs few; None: no such."""
    stem = _stems().get(id_)
    found: Rule | None = None if stem is None else import_module(f"{__name__}.{stem}").RULE
    return found


def told(id_: str) -> str:
    """Return what the file of rule ``id_`` says of it: Markdown.

    Raises:
        KeyError: there is no such rule.
    """
    return (_modules()[id_].__doc__ or "").strip()
