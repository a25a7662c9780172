"""All that there is to say of a rule, as Markdown: its page of the reference, and ``explain``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._suppress import UNUSED
from snowshed.lint.rules import told

if TYPE_CHECKING:
    from snowshed.lint._rule import Rule

__all__ = ["TOLD_OF_UNUSED", "about", "about_unused", "languages", "table"]

TOLD_OF_UNUSED = """A comment silences nothing, or names what is no rule.

## What it does
It tells of each comment of snowshed that silences no finding of those rules that it names: the
fault is mended, the code has moved, or the id has a mistake in it. Comments that other linters read
as well (`# noqa`, `//nolint`) are left alone, and so are those of rules that are not selected.

## Why
The next fault at that place would be silenced by it, and nobody would hear.

## Bad
```python
total = sum(prices)  # snowshed: ignore[SN101] the queue behind it holds 100 at most
```

## Good
```python
total = sum(prices)
```

## Silence
`--ignore unused-suppression`, or in the settings `ignore = ["unused-suppression"]`.
"""
"""What there is to say of the only finding that is of no rule; Markdown, as the file of a rule."""


def about(rule: Rule) -> str:
    """Return what there is to say of ``rule``: its name, what it is, and what its file says."""
    facts = [
        f"cause: {rule.cause}",
        f"severity: {rule.severity}",
        f"looks at: {languages(rule)}{', tests too' if rule.in_tests else ', not at tests'}",
        f"told: {_when(rule)}{', the others always' if rule.asked else ''}",
        f"fix: {_fix(rule)}",
    ]
    return f"# {rule.id} {rule.name}\n\n{_listed(facts)}\n\n{told(rule.id)}\n"


def about_unused() -> str:
    """Return what there is to say of comments that silence nothing."""
    facts = ["cause: none", "severity: low", "looks at: Go and Python, tests too", "told: always"]
    return f"# {UNUSED}\n\n{_listed([*facts, 'fix: with --fix'])}\n\n{TOLD_OF_UNUSED}"


def languages(rule: Rule) -> str:
    """Return in which languages ``rule`` looks."""
    both = {"Go": rule.in_go, "Python": rule.in_python}
    return " and ".join(name for name, looks in both.items() if looks is not None)


def table(rules: Iterable[Rule]) -> str:
    """Return a table of ``rules`` with links to their pages."""
    rows = ["| rule | name | cause | looks at | told | fix |", "|---|---|---|---|---|---|"]
    for each in rules:
        cells = [f"[{each.id}](lint/{each.id}.md)", each.name, str(each.cause), languages(each)]
        fix = "`--fix`" if each.safe_fixes else "`--unsafe-fixes`" if each.fixes else ""
        cells += [_when(each).replace("--advice", "`--advice`"), fix]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _when(rule: Rule) -> str:
    """Return when findings of ``rule`` are told."""
    if rule.asked:
        return f"{rule.asked} with --advice"
    return "with --advice" if rule.tier is Tier.ADVICE else "always"


def _fix(rule: Rule) -> str:
    """Return what applies the fixes of ``rule``."""
    if rule.safe_fixes:
        return "with --fix where it can only mend, else with --unsafe-fixes"
    return "with --unsafe-fixes" if rule.fixes else "no"


def _listed(facts: list[str]) -> str:
    return "\n".join(f"- {fact}" for fact in facts)
