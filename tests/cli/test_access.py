"""What is sent to a service is what was given, it can be sent, and no message shows it."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from snowshed.cli._access import Access, asks, asks_a_process
from snowshed.cli._ask import CannotAsk


def test_headers_are_sent_as_they_were_written() -> None:
    access = Access(1.0, headers=("Cookie: a=b: c", "X-Empty:", "x-name: ü"))
    assert access.sent() == [
        ("Cookie", b"a=b: c"),
        ("X-Empty", b""),
        ("x-name", "ü".encode()),
    ]


def test_a_token_is_a_header_too() -> None:
    assert Access(1.0, " t ").sent() == [("authorization", b"Bearer t")]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("s3cret", "--header, number 2: not of the form 'Name: value'"),
        ("s3cret s3cret: x", "--header, number 2: not of the form 'Name: value'"),
        (": s3cret", "--header, number 2: not of the form 'Name: value'"),
        ("A: s3cret\r\nHost: x", "--header, number 2: A holds a line break or another control"),
        ("A: s3cret\x00", "--header, number 2: A holds a line break or another control"),
        ("A: s3cret\udcff", "--header, number 2: A holds a line break or another control"),
        ("Content-Length: 3", "--header, number 2: Content-Length is not for you to say"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_not_shown(header: str, told: str) -> None:
    with pytest.raises(CannotAsk) as error:
        Access(1.0, headers=("B: b", header)).sent()
    assert str(error.value).startswith(told)
    assert "s3cret" not in str(error.value)
    assert str(error.value).isprintable()


def test_two_who_say_who_one_is_are_one_too_many() -> None:
    with pytest.raises(CannotAsk, match="'Authorization', and --header has one as well"):
        Access(1.0, "t", headers=("Authorization: Basic x",)).sent()


def test_a_command_gets_all_of_it_as_one() -> None:
    seen: list[object] = []

    @click.command()
    @asks_a_process
    def command(target: str, access: Access) -> None:
        seen.append((target, access))

    @click.command()
    @asks
    def other(access: Access) -> None:
        seen.append(access)

    given = ["--header", "A: b", "--header", "C: d", "--cacert", "pem", "--timeout", "2m"]
    assert not CliRunner().invoke(command, ["4711", *given, "--token", "t"]).exit_code
    assert not CliRunner(env={"SNOWSHED_DEBUG_TOKEN": "e"}).invoke(other, []).exit_code
    assert seen == [("4711", Access(120.0, "t", ("A: b", "C: d"), "pem")), Access(60.0, "e")]
