"""What happened to a rule, for logs, dashboards and hooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from snowshed._printable import printable

__all__ = ["EventKind", "RuleEvent"]

EventKind: TypeAlias = Literal["enter", "leave", "notice"]


@dataclass(frozen=True, slots=True)
class RuleEvent:
    """A rule has become active or inactive, or something else is worth knowing about the rules.

    Attributes:
        at: monotonic seconds.
        event: ``enter``, ``leave`` or, for anything else, ``notice``.
        rule: name of the rule; empty in a notice.
        scope: of the rule.
        route: the route that it is about; empty unless the scope is ``route``.
        mode: ``enforce``, or ``dry-run``: nothing was done.
        value: what was read, in the unit of the metric.
        condition: what it met.
        held: seconds that the condition had held.
        action: what is done now, is ended, or would have been.
        hook: name of the function that is called for it; empty: of none.
        why: in words, where it was not the condition.
    """

    at: float
    event: EventKind
    rule: str = ""
    scope: str = ""
    route: str = ""
    mode: str = ""
    value: str = ""
    condition: str = ""
    held: float = 0.0
    action: str = ""
    hook: str = ""
    why: str = ""

    def __str__(self) -> str:
        """Return one line in logfmt."""
        if self.event == "notice":
            return f"rules: {self.why}"
        facts = {
            "rule": self.rule,
            "scope": self.scope,
            "route": self.route,
            "mode": self.mode,
            "value": self.value,
            "condition": self.condition,
            "held": f"{self.held:.1f}s",
            "action" if self.mode == "enforce" else "would": self.action,
            "why": self.why,
        }
        shown = " ".join(f"{key}={_quoted(value)}" for key, value in facts.items() if value)
        return f"rule {self.event}s: {shown}"

    def as_dict(self) -> dict[str, object]:
        """Return what there is to say, for JSON."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in facts.items() if value != ""}


def _quoted(text: str) -> str:
    if text.isprintable() and not any(char in text for char in ' "='):
        return text
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    # A route is a client's: it must not move the cursor of whoever reads the log.
    return f'"{printable(text)}"'
