"""Finds where the five causes begin, in source: Go and Python, before they ship."""

from __future__ import annotations

from snowshed.lint._finding import Edit, Finding, Fix, Problem, Related, Span, Tier
from snowshed.lint._rule import Rule
from snowshed.lint.rules import rules

__all__ = ["Edit", "Finding", "Fix", "Problem", "Related", "Rule", "Span", "Tier", "rules"]
