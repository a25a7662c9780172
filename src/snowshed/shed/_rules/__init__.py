"""The operator's own rules: a condition on what the service measures, and what then happens."""

from __future__ import annotations

from snowshed.shed._rules._cluster import ClusterLink
from snowshed.shed._rules._event import RuleEvent
from snowshed.shed._rules._gauges import register_breaker, register_gauge, register_pool
from snowshed.shed._rules._hooks import HookStatistics, rule_hook
from snowshed.shed._rules._model import RuleTree
from snowshed.shed._rules._parse import check_rules, parse_rules
from snowshed.shed._rules._reload import RulesFile
from snowshed.shed._rules._runner import RuleRunner, RuleStatistics

__all__ = [
    "ClusterLink",
    "HookStatistics",
    "RuleEvent",
    "RuleRunner",
    "RuleStatistics",
    "RuleTree",
    "RulesFile",
    "check_rules",
    "parse_rules",
    "register_breaker",
    "register_gauge",
    "register_pool",
    "rule_hook",
]
