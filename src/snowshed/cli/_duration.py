"""Times as people write them: ``500ms``, ``10s``, ``2m``, ``1h``."""

from __future__ import annotations

import re

import click

__all__ = ["duration_in"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
# The timeout of a socket has a largest value, and nobody waits for so long.
_LONGEST = 366 * 24 * 3600.0
_WRITTEN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h)", re.ASCII)


def duration_in(ctx: click.Context, param: click.Parameter, text: str | None) -> float | None:
    """Return the seconds in the text of an option, as its callback; None if it was not given.

    Raises:
        click.BadParameter: it is no time, none at all, or more than a year.
    """
    if text is None:
        return None
    found = _WRITTEN.fullmatch(text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not seconds:
        msg = f"{text!r} is no time; write 500ms, 10s, 2m or 1h"
        raise click.BadParameter(msg, ctx, param)
    if seconds > _LONGEST:
        msg = f"{text!r} is more than a year"
        raise click.BadParameter(msg, ctx, param)
    return seconds
