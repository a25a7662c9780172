"""``snowshed explain``: what the doctor means by a word, and what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from difflib import get_close_matches

import click

from snowshed.cli._output import fail
from snowshed.doctor.causes import details, told

_COMMAND = "snowshed explain"
_WIDTH = 100


@click.command()
@click.argument("detail", required=False)
def explain(detail: str | None) -> int:
    """Say what a finding of the doctor means, and what to do.

    DETAIL is the word that a finding begins with, such as abandoned-sender; without it all of them
    are listed, by the five causes.
    """
    known = details()
    if detail is None:
        click.echo("\n".join(_list()))
        return 0
    if detail not in known:
        close = get_close_matches(detail.lower(), known, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        return fail(f"{_COMMAND}: {detail!r} is no detail{hint}; there are {', '.join(known)}")
    click.echo("\n".join(_whole(detail)))
    return 0


def _list() -> Iterator[str]:
    every = details().values()
    wide = max(len(each.name) for each in every)
    for cause in dict.fromkeys(sorted(each.cause for each in every)):
        yield cause
        for each in every:
            if each.cause is cause:
                first = told(each.name).partition("\n\n")[0].partition(": ")[2]
                said = " ".join((first or each.why).split())
                yield textwrap.fill(
                    said,
                    _WIDTH,
                    initial_indent=f"  {each.name:<{wide}}  ",
                    subsequent_indent=" " * (wide + 4),
                )
        yield ""
    yield "snowshed explain DETAIL says more"


def _whole(name: str) -> Iterator[str]:
    detail = details()[name]
    # Python without docstrings still has the advice.
    yield told(name) or name
    for language, advice in (("Go", detail.go), ("Python", detail.python)):
        if advice:
            yield ""
            yield textwrap.fill(f"Do, in {language}: {advice}.", _WIDTH, break_on_hyphens=False)
    yield ""
    yield f"Cause: {detail.cause}"
