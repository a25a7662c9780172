"""``snowshed explain``: what the doctor or lint means by a word, and what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from snowshed.cli._output import fail
from snowshed.doctor.causes import details, told
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._cause import Detail
    from snowshed.lint import Rule

_COMMAND = "snowshed explain"
_WIDTH = 100


@click.command()
@click.argument("words", metavar="[WORD]...", nargs=-1)
def explain(words: tuple[str, ...]) -> int:
    """Say what a finding of the doctor or of lint means, and what to do.

    WORD is the word that a finding of the doctor begins with, such as abandoned-sender, or a rule
    of lint by its id or name, such as SN301. One of the five causes, or what ids begin with (SN3),
    lists what there is of it; without a WORD all are listed.
    """
    if not words:
        listed = [*_details(details()), *_rules(_known()), *_of_lint()]
        click.echo("\n".join([*listed, "snowshed explain WORD says more"]))
        return 0
    told: list[str] = []
    for word in words:
        # As it is copied from a finding.
        found = list(_told(word.rstrip(":,")))
        if not found:
            return fail(f"{_COMMAND}: {word!r} is no detail and no rule{_hint(word)}")
        told += found
    click.echo("\n\n".join(dict.fromkeys(told)))
    return 0


def _told(word: str) -> Iterator[str]:
    """Yield all that ``word`` stands for: what both know by the same name is the same fault."""
    for said in (list(_detail(word)), list(_rule(word)), list(_group(word))):
        if said:
            yield "\n".join(said).rstrip()


def _group(word: str) -> Iterator[str]:
    """Yield what there is of a cause, or of what ids begin with."""
    rules = _known()
    if word.lower() in set(Cause):
        listed = {name: each for name, each in details().items() if each.cause == word.lower()}
        yield from _details(listed) if listed else ()
        found = {id_: rule for id_, rule in rules.items() if rule.cause == word.lower()}
    else:
        found = {id_: rule for id_, rule in rules.items() if _begins(id_, word)}
    if found:
        yield from _rules(found)


def _begins(id_: str, word: str) -> bool:
    return len(word) > 1 and id_ != word.upper() and id_.startswith(word.upper())


def _hint(word: str) -> str:
    from snowshed.lint._select import nearest
    from snowshed.lint._suppress import UNUSED

    rules = _known()
    names = (rule.name for rule in rules.values())
    near = nearest(word, [*details(), *rules, *names, *map(str, Cause), UNUSED])
    if near:
        return f" (did you mean {near}?)"
    are_so = len(word) > 2 and any(_begins(id_, word[:3]) for id_ in rules)
    return f"; snowshed explain {word[:3].upper() if are_so else ''}".rstrip() + " lists them"


def _details(of: Mapping[str, Detail]) -> Iterator[str]:
    yield "Found by snowshed doctor, in what runs:"
    yield ""
    every = of.values()
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


def _rules(of: Mapping[str, Rule]) -> Iterator[str]:
    from snowshed.lint.rules import told as told_of

    yield "Found by snowshed lint, in source:"
    yield ""
    every = of.values()
    wide = max((len(each.name) + len(each.id) + 1 for each in every), default=0)
    for cause in dict.fromkeys(sorted(each.cause for each in every)):
        yield cause
        for each in every:
            if each.cause is cause:
                yield _entry(f"{each.id} {each.name}", _first(told_of(each.id)), wide)
        yield ""


def _of_lint() -> Iterator[str]:
    """Yield what lint finds that is no rule, and of none of the causes."""
    from snowshed.lint._about import TOLD_OF_UNUSED
    from snowshed.lint._suppress import UNUSED

    yield "of none of them"
    yield _entry(UNUSED, _first(TOLD_OF_UNUSED), len(UNUSED))
    yield ""


def _first(said: str) -> str:
    return said.partition("\n\n")[0].rstrip(".")


def _rule(word: str) -> Iterator[str]:
    from snowshed.lint._about import about, about_unused
    from snowshed.lint._suppress import UNUSED

    rules = _known()
    named: Iterable[Rule] = (rule for rule in rules.values() if rule.name == word)
    rule = rules.get(word.upper()) or next(iter(named), None)
    if rule is not None:
        yield about(rule).rstrip()
    elif word.lower() == UNUSED:
        yield about_unused().rstrip()
