"""``snowshed explain``: what the doctor or lint means by a word, and what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from snowshed.cli._output import fail
from snowshed.doctor.causes import details, told

if TYPE_CHECKING:
    from snowshed.lint import Rule

_COMMAND = "snowshed explain"
_WIDTH = 100


@click.command()
@click.argument("word", required=False)
def explain(word: str | None) -> int:
    """Say what a finding of the doctor or of lint means, and what to do.

    WORD is the word that a finding of the doctor begins with, such as abandoned-sender, or a rule
    of lint by its id or name, such as SN301. Without it all of them are listed, by the five causes.
    """
    if word is None:
        click.echo("\n".join([*_details(), *_rules(), "snowshed explain WORD says more"]))
        return 0
    # What both know by the same name is the same fault.
    found = ["\n".join(said) for said in (list(_detail(word)), list(_rule(word))) if said]
    if not found:
        return fail(f"{_COMMAND}: {word!r} is no detail and no rule{_hint(word)}")
    click.echo("\n\n".join(found))
    return 0


def _hint(word: str) -> str:
    rules = _known()
    known = {each.lower(): each for each in (*details(), *rules, *(r.name for r in rules.values()))}
    close = get_close_matches(word.lower(), known, n=1)
    if close:
        return f" (did you mean {known[close[0]]}?)"
    return "; snowshed explain lists them"


def _details() -> Iterator[str]:
    yield "Found by snowshed doctor, in what runs:"
    yield ""
    every = details().values()
    wide = max(len(each.name) for each in every)
    for cause in dict.fromkeys(sorted(each.cause for each in every)):
        yield cause
        for each in every:
            if each.cause is cause:
                first = told(each.name).partition("\n\n")[0].partition(": ")[2]
                yield _entry(each.name, first or each.why, wide)
        yield ""


def _entry(name: str, said: str, wide: int) -> str:
    return textwrap.fill(
        " ".join(said.split()),
        _WIDTH,
        initial_indent=f"  {name:<{wide}}  ",
        subsequent_indent=" " * (wide + 4),
    )


def _detail(name: str) -> Iterator[str]:
    detail = details().get(name)
    if detail is None:
        return
    # Python without docstrings still has the advice.
    yield told(name) or name
    for language, advice in (("Go", detail.go), ("Python", detail.python)):
        if advice:
            yield ""
            yield textwrap.fill(f"Do, in {language}: {advice}.", _WIDTH, break_on_hyphens=False)
    yield ""
    yield f"Cause: {detail.cause}"


def _known() -> dict[str, Rule]:
    from snowshed.lint.rules import rules

    return rules()


def _rules() -> Iterator[str]:
    from snowshed.lint.rules import told as told_of

    every = _known().values()
    yield "Found by snowshed lint, in source:"
    yield ""
    wide = max((len(each.name) + len(each.id) + 1 for each in every), default=0)
    for cause in dict.fromkeys(sorted(each.cause for each in every)):
        yield cause
        for each in every:
            if each.cause is cause:
                yield _entry(f"{each.id} {each.name}", _first(told_of(each.id)), wide)
        yield ""


def _first(said: str) -> str:
    return said.partition("\n\n")[0].rstrip(".")


def _rule(word: str) -> Iterator[str]:
    from snowshed.lint._about import about

    rules = _known()
    named: Iterable[Rule] = (rule for rule in rules.values() if rule.name == word)
    rule = rules.get(word.upper()) or next(iter(named), None)
    if rule is not None:
        yield about(rule).rstrip()
