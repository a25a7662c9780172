"""All that there is to say of a rule, as Markdown: its page of the reference, and ``explain``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint.rules import told

if TYPE_CHECKING:
    from snowshed.lint._rule import Rule

__all__ = ["about", "languages", "table"]


def about(rule: Rule) -> str:
    """Return what there is to say of ``rule``: its name, what it is, and what its file says."""
    is_advice = rule.tier is Tier.ADVICE
    facts = [
        f"cause: {rule.cause}",
        f"severity: {rule.severity}",
        f"looks at: {languages(rule)}{', tests too' if rule.in_tests else ', not at tests'}",
        "told: with --advice" if is_advice else "told: always",
        f"fix: {'yes' if rule.fixes else 'no'}",
    ]
    return f"# {rule.id} {rule.name}\n\n{_listed(facts)}\n\n{told(rule.id)}\n"


def languages(rule: Rule) -> str:
    """Return in which languages ``rule`` looks."""
    both = {"Go": rule.in_go, "Python": rule.in_python}
    return " and ".join(name for name, looks in both.items() if looks is not None)


def table(rules: Iterable[Rule]) -> str:
    """Return a table of ``rules`` with links to their pages."""
    rows = ["| rule | name | cause | looks at | told | fix |", "|---|---|---|---|---|---|"]
    for each in rules:
        is_advice = each.tier is Tier.ADVICE
        cells = [f"[{each.id}](lint/{each.id}.md)", each.name, str(each.cause), languages(each)]
        cells += ["with `--advice`" if is_advice else "always", "yes" if each.fixes else ""]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _listed(facts: list[str]) -> str:
    return "\n".join(f"- {fact}" for fact in facts)
