"""From the text of a rules file to rules, and each mistake to its line."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.errors import ConfigError
from snowshed.shed._criticality import Criticality
from snowshed.shed._effects import Effect
from snowshed.shed._rules._condition import ConditionError, default_clear, parse_condition
from snowshed.shed._rules._metric import KINDS, Metric
from snowshed.shed._rules._parse import check_rules, parse_rules
from snowshed.shed._rules._source import standard

RULE = """\
[[rules]]
name = "errors"
when = "error_rate > 15%"
action = { degrade = ["reviews"] }
"""


def with_line(line: str) -> str:
    return RULE + line + "\n"


def test_a_rule_that_says_little_has_sensible_defaults() -> None:
    (rule,) = parse_rules(RULE).rules
    assert rule.name == "errors"
    assert (rule.when.metric, rule.when.threshold) == (Metric("error_rate", "", 10), 0.15)
    assert (rule.clear.operator, round(rule.clear.threshold, 9)) == ("<", 0.12)
    assert (rule.hold, rule.clear_hold, rule.min_dwell) == (10.0, 10.0, 30.0)
    assert (rule.scope, rule.mode, rule.then) == ("instance", "dry-run", ())
    assert rule.action.effect == Effect(frozenset({"reviews"}))


def test_a_rule_says_everything_else_itself() -> None:
    text = """
mode = "enforce"
[features]
non-core = ["reviews", "prices"]
[[rules]]
name = "slow search"
when = "p99 > 800ms"
window = "30s"
for = "1m"
clear_when = "p99 <= 0.4s"
clear_for = "2m"
min_dwell = "1h"
route = "/search/*"
mode = "dry-run"
[rules.action]
degrade = "non-core"
sample = 4
timeout = "200ms"
refuse = "sheddable"
hook = "page"
"""
    (rule,) = parse_rules(text).rules
    assert rule.when.metric == Metric("p99", "", 30)
    assert rule.when.metric.key == "p99[30s]"
    assert (rule.when.threshold, rule.clear.threshold, rule.clear.operator) == (0.8, 0.4, "<=")
    assert (rule.hold, rule.clear_hold, rule.min_dwell) == (60.0, 120.0, 3600.0)
    assert (rule.scope, rule.route, rule.mode) == ("route", "/search/*", "dry-run")
    assert rule.action.hook == "page"
    assert rule.action.effect == Effect(
        frozenset({"non-core", "reviews", "prices"}), 4, 0.2, Criticality.SHEDDABLE_PLUS
    )


def test_children_inherit_scope_and_mode() -> None:
    text = (
        RULE
        + """
mode = "enforce"
scope = "cluster"
  [[rules.then]]
  name = "worse"
  when = "p99 > 1s"
  action = { sample = 2 }
    [[rules.then.then]]
    name = "worst"
    when = "loop_lag > 100ms"
    action = { sample = 10 }
"""
    )
    tree = parse_rules(text)
    assert [(r.name, r.scope, r.mode) for r in tree.walk()] == [
        ("errors", "cluster", "enforce"),
        ("worse", "cluster", "enforce"),
        ("worst", "instance", "enforce"),
    ]


def test_a_rule_for_single_requests_is_judged_at_once() -> None:
    text = '[[rules]]\nname = "wide"\nwhen = "peak_tasks >= 40"\naction = { degrade = ["x"] }'
    (rule,) = parse_rules(text).rules
    assert (rule.scope, rule.hold, rule.min_dwell) == ("request", 0.0, 0.0)


def test_the_standard_rules_stand_and_are_in_dry_run() -> None:
    tree = parse_rules(standard().text)
    facts = [(r.when.text, r.hold, r.scope, r.mode, str(r.action)) for r in tree.rules]
    assert facts == [
        ("error_rate > 15%", 60.0, "cluster", "dry-run", "degrade non-core"),
        ("process_cpu > 90%", 300.0, "instance", "dry-run", "sample 10"),
        ("pool_exhausted", 5.0, "instance", "dry-run", "hook last-good"),
    ]


def test_a_file_of_ones_own_can_use_and_change_them() -> None:
    text = """
use = "standard"
mode = "enforce"
[features]
non-core = ["reviews"]
[overrides."errors: leave out non-core features"]
for = "2s"
when = "error_rate > 50%"
[overrides."cpu: serve one request in ten"]
enabled = false
[[rules]]
name = "mine"
when = "qps > 100/s"
action = { refuse = "critical" }
"""
    errors, pool, mine = parse_rules(text).rules
    assert errors.action.effect.degraded == {"non-core", "reviews"}
    assert (errors.hold, errors.clear_hold, errors.mode) == (2.0, 60.0, "enforce")
    assert round(errors.clear.threshold, 9) == 0.4
    assert pool.name.startswith("pool exhausted")
    assert mine.action.effect.refuse_below is Criticality.CRITICAL_PLUS


def test_rules_can_stand_in_a_settings_file() -> None:
    text = '[tool.other]\nx = 1\n[tool.snowshed.shed]\nmode = "x"\nlimit = 3\n'
    text += RULE.replace("[[rules]]", "[[tool.snowshed.shed.rules]]").replace(" > 15%", " > 15")
    root = ("tool", "snowshed", "shed")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml:8:22: 15 without a unit.*write 15%"):
        parse_rules(text, origin="pyproject.toml", root=root)
    tree = parse_rules(text.replace("> 15", "> 15%"), root=root)
    assert [rule.name for rule in tree.rules] == ["errors"]
    assert parse_rules("", root=root).rules == ()


@pytest.mark.parametrize(
    ("text", "metric", "operator", "threshold"),
    [
        ("error_rate>15 %", Metric("error_rate", "", 10), ">", 0.15),
        ("error_rate >= 0.15", Metric("error_rate", "", 10), ">=", 0.15),
        ("  p99   <  1.5s ", Metric("p99", "", 10), "<", 1.5),
        ("loop_lag > 250ms", Metric("loop_lag"), ">", 0.25),
        ("process_cpu > 150%", Metric("process_cpu"), ">", 1.5),
        ("memory > 1.5GiB", Metric("memory"), ">", 1.5 * 2**30),
        ("memory > 90%", Metric("memory_share"), ">", 0.9),
        ("pressure > 0.9", Metric("pressure"), ">", 0.9),
        ('gauge("queue depth") > 1_000', Metric("gauge", "queue depth"), ">", 1000.0),
        ("gauge(temperature) < -5", Metric("gauge", "temperature"), "<", -5.0),
        ("breaker('db') is not closed", Metric("breaker", "db"), "is not", 0.0),
        ('breaker("db") is open', Metric("breaker", "db"), "is", 2.0),
        ("pool_exhausted", Metric("pool_exhausted"), "is", 1.0),
        ('pool_exhausted("db")', Metric("pool_exhausted", "db"), "is", 1.0),
        ("spawned_tasks > 100", Metric("spawned_tasks"), ">", 100.0),
    ],
)
def test_conditions(text: str, metric: Metric, operator: str, threshold: float) -> None:
    found = parse_condition(text)
    assert (found.metric, found.operator) == (metric, operator)
    assert found.threshold == pytest.approx(threshold)


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("eror_rate > 15%", 0, r"unknown metric 'eror_rate' \(did you mean 'error_rate'\?\)"),
        ("> 15%", 0, "begins with a metric"),
        ("error_rate", 10, "compared by >, >=, < or <=, as in 'error_rate > 15%'"),
        ("error_rate == 15%", 11, "compared by"),
        ("error_rate > 15ms", 13, "unknown unit 'ms'; accepted are '%', none"),
        ("error_rate > 15", 13, "write 15%"),
        ("error_rate > high", 13, "'high' is no threshold"),
        ("error_rate > -1%", 13, "never below 0"),
        ("p99 > 800", 6, "800 has no unit; accepted are 'us', 'ms', 's', 'm', 'h'"),
        ("p99 > 800msec", 6, "unknown unit 'msec'"),
        ("p99(x) > 8s", 3, "remove the brackets"),
        ("gauge > 3", 5, r'gauge needs a name, as in gauge\("db"\)'),
        ("breaker(db) > 3", 12, "'breaker\\(\"db\"\\) is open'"),
        ("breaker(db) is opne", 15, r"unknown state 'opne' \(did you mean 'open'\?\)"),
        ("pool_exhausted > 3", 15, "nothing may follow it"),
        ("error_rate > 15% and qps > 5", 17, "one comparison to a rule"),
        ("qps > " + "9" * 400, 6, "too large"),
    ],
)
def test_what_is_no_condition_says_where_and_what_is_accepted(
    text: str, at: int, message: str
) -> None:
    with pytest.raises(ConditionError, match=message) as raised:
        parse_condition(text)
    assert raised.value.at == at


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        ("error_rate > 15%", "error_rate < 12.0%"),
        ("p99 >= 1s", "p99 < 800ms"),
        ("qps < 10", "qps > 12"),
        ("gauge(q) > 0", 'gauge("q") <= 0'),
        ("gauge(q) < -10", 'gauge("q") > -8'),
        ("gauge(q) > -10", 'gauge("q") < -12'),
        ("memory > 1GB", "memory < 800MB"),
        ("breaker(db) is open", "not breaker(db) is open"),
    ],
)
def test_a_rule_clears_by_the_opposite_with_a_margin(text: str, clear: str) -> None:
    assert default_clear(parse_condition(text)).text == clear


@given(st.sampled_from(sorted(KINDS)), st.sampled_from([">", "<", ">=", "<="]), st.floats(-9, 9))
def test_nothing_holds_and_clears_at_once(name: str, operator: str, value: float) -> None:
    kind = KINDS[name]
    if kind.unit in {"flag", "state"}:
        return
    unit = {"time": "s", "bytes": "B"}.get(kind.unit, "")
    argument = "(x)" if kind.argument == "required" else ""
    when = parse_condition(f"{name}{argument} {operator} 1{unit}")
    assert not (when.holds(value) and default_clear(when).holds(value))


MISTAKES = [
    ('[[rules]]\nwhen = "qps > 5"', "1:3", "a rule needs a name"),
    ('[[rules]]\nname = ""\nwhen = "qps > 5"', "2:8", "a name has 1 to 100 characters"),
    ('[[rules]]\nname = "a"', "1:3", "the rule 'a' needs a condition"),
    ('[[rules]]\nname = "a"\nwhen = 5', "3:8", "5: write text"),
    ('[[rules]]\nname = "a"\nwhen = "qps > 5"', "1:3", "a rule needs an action, or rules below"),
    (RULE + RULE, "6:8", "the name 'errors' is taken by the rule at rules.toml:2:8"),
    (with_line("fro = '5s'"), "5:1", "unknown key 'fro' of a rule (did you mean 'for'?)"),
    (with_line("for = 60"), "5:7", "60 has no unit"),
    (with_line("for = '60'"), "5:7", "60 has no unit"),
    (with_line("for = 'long'"), "5:7", "'long' is no duration"),
    (with_line("for = '-1s'"), "5:7", "a duration is 0s or more"),
    (with_line("window = '2.5s'"), "5:10", "a window has 1s to 60s"),
    (with_line("window = '2m'"), "5:10", "a window has 1s to 60s"),
    (with_line("scope = 'clutser'"), "5:9", "(did you mean 'cluster'?): use 'request', 'route'"),
    (with_line("scope = 'request'"), "5:9", "error_rate is not measured per request"),
    (with_line("scope = 'instance'\nroute = '/a'"), "6:1", "'route' needs scope = \"route\""),
    (with_line("route = 5"), "5:9", "5: use a pattern"),
    (with_line("mode = 'enforced'"), "5:8", "(did you mean 'enforce'?): use 'dry-run', 'enforce'"),
    (with_line("enabled = 'no'"), "5:11", "'no': use true or false"),
    (with_line("clear_when = 'qps < 5'"), "5:14", "judges qps, but 'when' judges error_rate"),
    (with_line("clear_when = 'error_rate > 5%'"), "5:14", "looks the same way"),
    (with_line("clear_when = 'error_rate < 20%'"), "5:14", "can hold at once: clear at a lower"),
    (with_line("clear_when = 'error_rate << 20%'"), "5:27", "'< 20%' is no threshold"),
    (with_line("when = = 1"), "5:8", "not valid TOML: Invalid value"),
    (RULE.replace("15%", "100%"), "3:8", "it never has more than 100%"),
    (RULE.replace('["reviews"]', "[]"), "4:22", "name features or groups"),
    (RULE.replace('degrade = ["reviews"]', "sample = 0"), "4:21", "a whole number from 1 up"),
    (RULE.replace('degrade = ["reviews"]', "sample = 2.5"), "4:21", "a whole number from 1 up"),
    (RULE.replace('degrade = ["reviews"]', "smaple = 2"), "4:12", "(did you mean 'sample'?)"),
    (RULE.replace('degrade = ["reviews"]', "timeout = '0s'"), "4:22", "longer than nothing"),
    (RULE.replace('degrade = ["reviews"]', "timeout = 2"), "4:22", "2 has no unit"),
    (RULE.replace('degrade = ["reviews"]', "refuse = 'critical-plus'"), "4:21", "is never refused"),
    (RULE.replace('degrade = ["reviews"]', "hook = ''"), "4:19", "the name that the function has"),
    (RULE.replace('{ degrade = ["reviews"] }', "'sample'"), "4:10", "an action is a table"),
    ("[rules]\nname = 'a'", "1:2", "no rules: use [[rules]]"),
    ("rules = [1]", "1:10", "1 is no rule"),
    ("mode = 'on'\n" + RULE, "1:8", "'on' is not accepted"),
    ("moed = 'enforce'\n" + RULE, "1:1", "unknown key 'moed' (did you mean 'mode'?)"),
    ("use = 'strict'", "1:7", "only 'standard' can be used"),
    ("features = 3", "1:12", "[features] must be a table"),
    ("[features]\nnon-core = 'x'", "2:12", "a group is a list of names"),
    (RULE + "[overrides.error]\nfor='1s'", "5:12", "no rule has the name 'error' (did you mean"),
    (RULE + "[overrides.errors]\nname='x'", "6:1", "'name' cannot be overridden"),
    (RULE + "[overrides.errors]\nfor='x'", "6:5", "'x' is no duration"),
    (RULE + "[overrides]\nerrors = 3", "6:10", "must be a table"),
    (
        RULE + "[[rules.then]]\nname='b'\nwhen='qps > 1'\nscope='cluster'\naction={sample=2}",
        "8:7",
        "what is below must not be wider",
    ),
    (
        RULE + "[[rules.then]]\nname='b'\nwhen='qps > 1'\nmode='enforce'\naction={sample=2}",
        "8:6",
        "it cannot be enforced below 'errors', which is in dry-run",
    ),
    ("a = ", "1:5", "not valid TOML: Invalid value"),
]
WIDE = '[[rules]]\nname = "wide"\nwhen = "peak_tasks > 40"\naction = { degrade = ["x"] }\n'
MISTAKES += [
    (WIDE + "for = '1s'", "5:1", "'for' means nothing for a single request"),
    (WIDE + "window = '10s'", "3:9", "is of now and has no window"),
    (WIDE.replace(">", "<"), "3:8", "only grow"),
    (WIDE.replace('degrade = ["x"]', "sample = 2"), "4:10", "only be degraded or given a timeout"),
    (WIDE + "[[rules.then]]\nname='b'\nwhen='peak_tasks > 1'", "5:9", "has no rules below it"),
]


@pytest.mark.parametrize(("text", "at", "message"), MISTAKES)
def test_a_mistake_is_one_line_with_its_place(text: str, at: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_rules(text)
    found = str(raised.value)
    assert found.startswith(f"rules.toml:{at}: ")
    assert message in found
    assert "\n" not in found


def test_all_mistakes_are_told_at_once() -> None:
    tree, problems = check_rules(with_line("fro = '5s'\nmode = 'x'\nfor = 3"))
    assert tree is None
    assert [problem.where for problem in problems] == [
        "rules.toml:5:1",
        "rules.toml:6:8",
        "rules.toml:7:7",
    ]


def test_a_mistake_in_the_standard_rules_is_not_possible_but_in_what_overrides_them() -> None:
    text = "use='standard'\n[overrides.'cpu: serve one request in ten']\nwhen='process_cpu > x'"
    with pytest.raises(ConfigError, match=re.escape("rules.toml:3:21: 'x' is no threshold")):
        parse_rules(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    tree, problems = check_rules(text)
    assert (tree is None) is bool(problems)


@given(st.text(max_size=40))
def test_any_condition_is_read_or_refused(text: str) -> None:
    with suppress(ConditionError):
        assert parse_condition(text).text


@pytest.mark.parametrize("root", [("shed",), ("tool", "snowshed", "shed")])
def test_a_misspelt_table_among_the_settings_is_no_rule(root: tuple[str, ...]) -> None:
    table = ".".join(root)
    text = f"[{table}]\nlimit = 'fixed'\n" + RULE.replace("rules", f"{table}.rule")
    tree, (problem,) = check_rules(text, origin="snowshed.toml", root=root)
    assert tree is None
    column = len(table) + 4
    assert problem.where == f"snowshed.toml:3:{column}"
    assert problem.what.startswith("unknown key 'rule' (did you mean 'rules'?); known are mode, ")


def test_a_table_of_somebody_else_may_hold_what_it_likes() -> None:
    text = "[shop]\ncolour = 1\n" + RULE.replace("rules", "shop.rules")
    assert len(parse_rules(text, root=("shop",)).rules) == 1
