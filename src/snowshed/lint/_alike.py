"""Findings that are one fault in many places: told once, with all the places.

A file that starts the same audit at forty lines and keeps none of the tasks has one thing to mend:
the helper that owns them is missing. Forty findings hide what else there is to tell. Each place is
silenced, known to a baseline and mended on its own; only what is told is put together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from snowshed.lint._finding import Finding, Related

__all__ = ["MANY", "together"]

MANY = 4
"""From so many on they are told together."""


def together(findings: Iterable[Finding]) -> list[Finding]:
    """Return ``findings``, those that are alike as the first of them, which names the others."""
    groups: dict[object, list[Finding]] = {}
    for number, each in enumerate(findings):
        key = (each.rule, each.path, each.tier, each.alike) if each.alike else number
        groups.setdefault(key, []).append(each)
    found: list[Finding] = []
    for group in groups.values():
        found += [_one(group)] if len(group) >= MANY else group
    return found


def _one(group: list[Finding]) -> Finding:
    first, *others = group
    places = tuple(Related(each.path, each.span, "here, too") for each in others)
    message = f"{first.message}; so it is in {len(others)} other places of this file"
    return replace(first, message=message, related=(*first.related, *places))
