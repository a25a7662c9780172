"""Finds where the five causes begin, in source: Go and Python, before they ship.

A rule (``_rule``) is one file under ``rules``: what it reports (``_finding``), why, an example of
both kinds, and the function that finds it. Where what lives, in the order in which data flow:

- which files: ``_files``, with ``_patterns``, ``_ignored`` (git) and ``_written`` (by a program);
  ``_unit`` takes those of a folder together, ``_source`` is one of them; ``_for_tests`` knows tests
- what is in them: ``_go`` and ``_python`` make a model of a unit, ``rules`` look at it; ``_look``
  asks all of them, ``_workers`` in several processes, ``_limit`` not for ever, ``_cache`` only
  where something has changed
- what of it is meant: ``_suppress`` (comments, found by ``_comments``), ``_select`` and
  ``_settings``; ``_engine`` puts all of that together to a `Report`
- what is mended: ``_apply``, by ``_edits``
- what is told: ``_outcome``, without what a ``_baseline`` has, with who waits there in a dump
  (``_dump``, ``_waiting``, ``_joined``), what is ``_alike`` once; as text, JSON, SARIF by
  ``_report``, which shows lines by ``_texts``; ``_about`` has the page of a rule
"""

from __future__ import annotations

from snowshed.lint._finding import Edit, Finding, Fix, Problem, Related, Span, Tier
from snowshed.lint._rule import Rule
from snowshed.lint.rules import rules

__all__ = ["Edit", "Finding", "Fix", "Problem", "Related", "Rule", "Span", "Tier", "rules"]
