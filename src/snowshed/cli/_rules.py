"""``snowshed rules``: check a rules file, and try it on readings that were recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from snowshed.cli._output import fail, print_json
from snowshed.shed._rules import RulesFile

if TYPE_CHECKING:
    from snowshed.shed._rules._event import RuleEvent
    from snowshed.shed._rules._model import Rule, RuleTree

_FORMAT = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people or for programs. [text]",
)


@click.group(invoke_without_command=True)
@click.pass_context
def rules(ctx: click.Context) -> None:
    """Check rules, and see what they would have done."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@rules.command()
@click.argument("file", metavar="RULES.toml")
@_FORMAT
def check(file: str, output: str) -> int:
    """Say what RULES.toml does, or all that is wrong with it.

    RULES.toml is a file of rules, a pyproject.toml or snowshed.toml that holds them, or the word
    standard. Exit code: 0 when it is right, 2 when it holds a mistake or cannot be read, or is a
    file of settings without rules.
    """
    rules = RulesFile(file)
    tree, problems = rules.check()
    if output == "json":
        print_json(
            rules=[_described(rule) for rule in tree.rules] if tree else [],
            problems=[{"where": each.where, "what": each.what} for each in problems],
        )
    for problem in problems if output == "text" else ():
        fail(str(problem))
    if tree is None:
        return 2
    note = "" if os.environ.get("SNOWSHED_SHED_REDIS") else rules.lonely(tree)
    if note:
        click.echo(f"snowshed rules check: {note}", err=True)
    if output == "text":
        click.echo("\n".join(_lines(tree)))
    return 0


@rules.command()
@click.argument("file", metavar="RULES.toml")
@click.option(
    "--replay",
    "recording",
    metavar="METRICS.jsonl",
    required=True,
    help='Readings, one a line: {"t": seconds, "error_rate": 0.2}; - is stdin.',
)
@_FORMAT
def test(file: str, recording: str, output: str) -> int:
    """Print what RULES.toml would have done with the readings of METRICS.jsonl.

    Nothing is enforced, whatever the rules say. Exit code: 0, whatever happened; 2 when one of the
    two files cannot be read or RULES.toml holds a mistake. A line that cannot be read is skipped,
    with a warning.
    """
    from snowshed.shed._rules._replay import Replay

    tree = RulesFile(file).load()
    replay = Replay(tree)
    name = "stdin" if recording == "-" else recording
    try:
        with click.open_file(recording, encoding="utf-8", errors="replace") as lines:
            found = replay.run(lines, origin=name)
            transitions = [_told(event, output) for event in found]
    except OSError as error:
        return fail(f"snowshed rules test: {recording}: cannot be read: {error.strerror}")
    for warning in replay.warnings:
        fail(f"snowshed rules test: {warning}")
    if output == "json":
        facts = {"readings": replay.readings, "broken": replay.broken}
        print_json(**facts, warnings=replay.warnings, transitions=transitions)
        return 0
    judged = sum(1 for _ in tree.walk())
    summary = f"{replay.readings} readings, {replay.broken} broken lines, {judged} rules"
    click.echo(f"{summary}, {len(transitions)} transitions", err=True)
    return 0


def _told(event: RuleEvent, output: str) -> Mapping[str, Any]:
    """Print a transition at once, as recordings may be long, or return it for the document."""
    if output == "json":
        return {"t": event.at, **{k: v for k, v in event.as_dict().items() if k != "at"}}
    where = f" on {event.route}" if event.route else ""
    why = event.why or f"{event.condition} ({event.value}) for {event.held:g}s"
    what = f": would {event.action}" if event.event == "enter" else ""
    click.echo(f"t={event.at:<10g} {event.event:<5}  {event.rule}{where}: {why}{what}")
    return {}


def _lines(tree: RuleTree) -> Iterator[str]:
    every = list(tree.walk())
    enforced = sum(rule.mode == "enforce" for rule in every)
    yield f"{tree.origin}: {len(every)} rules, {enforced} enforced, the others in dry-run"
    for rule in tree.rules:
        yield from _tree_lines(rule, "  ")


def _tree_lines(rule: Rule, indent: str) -> Iterator[str]:
    scope = f"per {rule.scope}" + (f" {rule.route}" if rule.route != "*" else "")
    yield f"{indent}{rule.name} [{scope}, {rule.mode}]"
    if rule.scope == "request":
        yield f"{indent}  when   {rule.when}"
    else:
        yield f"{indent}  when   {rule.when} for {rule.hold:g}s"
        dwell = f", {rule.min_dwell:g}s after the last change at the soonest"
        yield f"{indent}  clear  {rule.clear} for {rule.clear_hold:g}s{dwell}"
    yield f"{indent}  action {rule.action}"
    for child in rule.then:
        yield from _tree_lines(child, indent + "    ")


def _described(rule: Rule) -> dict[str, object]:
    found: dict[str, object] = {
        "name": rule.name,
        "when": rule.when.text,
        "for": rule.hold,
        "clear_when": rule.clear.text,
        "clear_for": rule.clear_hold,
        "min_dwell": rule.min_dwell,
        "scope": rule.scope,
        "mode": rule.mode,
        "action": rule.action.text,
    }
    if rule.scope == "route":
        found["route"] = rule.route
    if rule.then:
        found["then"] = [_described(child) for child in rule.then]
    return found
