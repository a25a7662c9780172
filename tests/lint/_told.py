"""Findings that lint may have made, for whoever tells, keeps or compares them.

Their rules are not the real ones: what is told of a finding must not depend on what is known of
faults today.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

from snowshed.lint._engine import Report
from snowshed.lint._finding import Edit, Finding, Fix, Problem, Related, Span, Tier
from snowshed.lint._joined import Joined, Waiting
from snowshed.lint._outcome import Outcome
from snowshed.lint._report._words import kind
from snowshed.lint._rule import Rule
from snowshed.lint._suppress import Unused
from snowshed.lint._texts import Texts
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    import pytest

    from snowshed.lint._python import Folder

GO = b"""\
package billing

func notify(ctx context.Context) error {
\tch := make(chan error)
\tgo func() {
\t\tch <- call()
\t}()
\tselect {
\tcase err := <-ch:
\t\treturn err
\tcase <-ctx.Done():
\t\treturn ctx.Err()
\t}
}
"""
PYTHON = b"""\
async def handler(request):
    asyncio.create_task(audit(request))
    return 200
"""
PATH, OTHER = "billing/notify.go", "shop/app.py"
TEXTS = Texts({PATH: GO, OTHER: PYTHON})

LEAK = Finding(
    "SN901",
    PATH,
    Span(6, 3, 6, 15),
    "`ch <- call()` has no receiver once the select on line 8 has left by its `ctx.Done()` case",
    function="notify",
    related=(Related(PATH, Span(11, 2, 11, 20), "the case that leaves"),),
    fix=Fix("give the channel a place for one element", (Edit(80, 80, ", 1"),), safe=True),
)
SPAWN = Finding(
    "SN902",
    OTHER,
    Span(2, 5, 2, 40),
    "a task of the handler `handler` that nobody joins or limits",
    function="handler",
    tier=Tier.ADVICE,
    confidence=0.6,
    fix=Fix("start it in a scope", (Edit(32, 51, "scope.spawn"),)),
)
UNUSED = Unused(OTHER, Span(3, 5, 3, 15), "unused suppression of SN902", Fix("take it away", ()))
PROBLEM = Problem("billing/bad.go", "line 3 does not parse: 12 lines left out", 3)


def _calls(
    rule: str, name: str, fix: Fix | None, tier: Tier
) -> Callable[[Folder], Iterator[Finding]]:
    """Return a rule that finds the calls of ``name()``."""

    def in_python(folder: Folder) -> Iterator[Finding]:
        for module in folder.modules:
            source = module.source
            for call in re.finditer(rb"\b%b\(\)" % name.encode(), source.content):
                edit = Edit(*call.span(), fix.edits[0].text)
                yield Finding(
                    rule,
                    source.path,
                    source.span(*call.span()),
                    f"`{name}()` never returns",
                    tier=tier,
                    fix=replace(fix, edits=(edit,)),
                )

    return in_python


_MEND = Fix("let it return", (Edit(0, 0, "returns()"),), safe=True)
_MAY_MEND = Fix("start it in a scope", (Edit(0, 0, "scoped()"),))
RULES = {
    "SN901": SimpleNamespace(
        RULE=Rule(
            "SN901",
            "stuck-sender",
            Cause.CHANNEL_CASCADE,
            in_python=_calls("SN901", "hang", _MEND, Tier.DEFAULT),
            severity=Severity.HIGH,
            fixes=True,
            safe_fixes=True,
        ),
        __doc__="A sender waits for a receiver that has left.\n\n## Why\nIt stays for ever.\n",
    ),
    "SN902": SimpleNamespace(
        RULE=Rule(
            "SN902",
            "task-in-handler",
            Cause.DETACHED_SPAWN,
            in_python=_calls("SN902", "spawn", _MAY_MEND, Tier.ADVICE),
            tier=Tier.ADVICE,
        ),
        __doc__="A task of a handler that nobody owns.\n\n## Why\nIt outlives it.\n",
    ),
}


def these_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let there be the rules above, and no others; to be made a fixture."""
    # By its name: the package has a function of the same.
    monkeypatch.setattr(sys.modules["snowshed.lint.rules"], "_modules", lambda: RULES)
    ours = {id_: each.RULE for id_, each in RULES.items()}
    monkeypatch.setattr("snowshed.lint._report._words.rule", ours.get)
    monkeypatch.setattr("snowshed.lint._settings.named", lambda: ours)
    kind.cache_clear()
    yield
    kind.cache_clear()


def report(*findings: Finding, **more: object) -> Report:
    read = tuple(sorted({each.path for each in findings})) or (PATH,)
    return Report(**{"findings": findings, "read": read, "lines": 17, **more})  # type: ignore[arg-type]


def told(*findings: Finding, **more: object) -> Outcome:
    return Outcome(findings, report(*findings), TEXTS, **more)  # type: ignore[arg-type]


def by(waiting: Mapping[Finding, Waiting], inside: int = 0) -> Joined:
    """Return what it would be if each task had to do with one finding only."""
    groups = {frozenset({finding}): each.total for finding, each in waiting.items()}
    return Joined(waiting, groups, (inside,))
