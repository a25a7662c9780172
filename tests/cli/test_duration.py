"""Times as they are written on a command line."""

from __future__ import annotations

import click
import pytest

from snowshed.cli._duration import duration_in

CONTEXT = click.Context(click.Command("x"))
OPTION = click.Option(["--older-than"])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("10s", 10.0), (" 1.5m ", 90.0), ("2h", 7200.0), (None, None)],
)
def test_a_time_is_a_number_with_its_unit(text: str | None, seconds: float | None) -> None:
    assert duration_in(CONTEXT, OPTION, text) == seconds


@pytest.mark.parametrize(
    "text", ["", "0s", "10", "s", "-1s", "1 s", "1d", "1e3s", ".5s", "\u0661s", "1s1s"]
)
def test_anything_else_is_one_clear_error(text: str) -> None:
    with pytest.raises(click.BadParameter) as error:
        duration_in(CONTEXT, OPTION, text)
    assert error.value.message == f"{text!r} is no time; write 500ms, 10s, 2m or 1h"


def test_more_than_a_year_is_too_long_for_a_clock_and_said_to_be() -> None:
    with pytest.raises(click.BadParameter, match="'9000h' is more than a year"):
        duration_in(CONTEXT, OPTION, "9000h")
