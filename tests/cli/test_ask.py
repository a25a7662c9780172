"""Asking a process: over a socket, over a port, and when it does not answer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import _debugged
import _snapshots
from cli._servers import page, saying, server
from snowshed.cli import _get
from snowshed.cli._access import Access
from snowshed.cli._ask import (
    CannotAsk,
    CutOff,
    Process,
    Question,
    ask_all,
    ask_for_part,
    at_socket,
    at_url,
    read_json,
    said_instead,
)
from snowshed.errors import FormatError
from snowshed.observe._serve._place import socket_of

TASKS = Question("snowshed/tasks")


@pytest.fixture(autouse=True)
def place() -> Iterator[Path]:
    with _debugged.place() as folder:
        yield folder


def why(process: Process, question: Question = TASKS) -> str:
    with pytest.raises(CannotAsk) as error:
        process.ask(question)
    return str(error.value)


class TestAsking:
    def test_over_the_socket_of_a_process(self) -> None:
        with _debugged.serving([_snapshots.task()]):
            process = at_socket(os.getpid(), socket_of(os.getpid()), 5.0)
            assert json.loads(process.ask(TASKS))["total"] == 1

    @pytest.mark.parametrize(
        "path", ["", "/", "/debug", "/debug/", "/debug/pprof/", "/debug/snowshed"]
    )
    def test_over_a_url_wherever_in_the_pages_it_leads(self, path: str) -> None:
        with _debugged.serving([_snapshots.task()]) as server:
            process = at_url(f"http://127.0.0.1:{server.port}{path}", Access(5.0))
            assert json.loads(process.ask(TASKS))["total"] == 1

    def test_parameters_are_those_that_have_a_value(self) -> None:
        question = Question("a/b", {"x": "1 2", "state": ["lock", "sleep"], "none": "", "no": ()})
        assert question.target == "a/b?x=1+2&state=lock&state=sleep"

    @pytest.mark.parametrize("token", ["sécret", "§€", " secret\n"])
    def test_a_token_is_sent_whatever_its_letters(self, token: str) -> None:
        with _debugged.serving([], token=token) as server:
            assert at_url(f"http://127.0.0.1:{server.port}", Access(5.0, token)).ask(TASKS)

    @pytest.mark.parametrize("token", ["a\nb", "a\x00b", "a\udcffb"])
    def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(self, token: str) -> None:
        with pytest.raises(CannotAsk, match=r"^the token holds a line break or another control"):
            at_url("http://127.0.0.1:1", Access(1.0, token))

    def test_a_token_is_sent_to_a_url(self) -> None:
        with _debugged.serving([], token="secret") as server:
            url = f"http://127.0.0.1:{server.port}"
            assert at_url(url, Access(5.0, "secret")).ask(TASKS)
            assert why(at_url(url, Access(5.0))) == (
                f"{url}: it asks for a token, or for another one: --token, or SNOWSHED_DEBUG_TOKEN"
            )


class TestNoAnswer:
    def test_nobody_listens(self, place: Path) -> None:
        assert why(at_socket(7, place / "7.sock", 1.0)) == "7: nobody listens there (any more)"
        assert "nobody listens" in why(at_url("http://127.0.0.1:9", Access(1.0)))

    def test_it_does_not_answer_in_time(self) -> None:
        with server(lambda connection: connection.recv(100_000) and connection.recv(1)) as url:
            assert "no answer within 0.1 s" in why(at_url(url, Access(0.1)))

    def test_it_cannot_be_reached(self) -> None:
        assert "cannot be reached: AF_UNIX path too long" in why(
            at_socket(1, Path("/" + "x" * 200), 1.0)
        )

    def test_the_answer_is_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_get, "ANSWER_AT_MOST", 10)
        with _debugged.serving([]):
            process = at_socket(os.getpid(), socket_of(os.getpid()), 5.0)
            assert "more than" in why(process)

    def test_the_page_says_why_not(self) -> None:
        with _debugged.serving([]):
            process = at_socket(os.getpid(), socket_of(os.getpid()), 5.0)
            assert "cannot group by 'colour'" in why(
                process, Question("snowshed/tasks", {"group-by": "colour"})
            )
            missing = why(process, Question("snowshed/nothing"))
            assert "all, tasks, waits (404); the debug pages of a service are at /debug" in missing

    def test_an_error_without_a_text_is_told_by_its_name(self) -> None:
        with saying(page(b"", "503 x")) as url:
            assert why(at_url(url, Access(5.0))).endswith("Service Unavailable (503)")

    def test_an_error_that_is_a_page_for_browsers_is_told_by_its_name(self) -> None:
        with saying(page(b"<html>\n<head><title>502</title></head>", "502 x")) as url:
            assert why(at_url(url, Access(5.0))) == f"{url}: Bad Gateway (502)"

    @pytest.mark.parametrize(
        "url",
        ["http://", "ftp://a", "http://a:b", "http://[::1", "unix://x", "http://a:0", "http://a b"],
    )
    def test_a_url_that_is_none(self, url: str) -> None:
        with pytest.raises(CannotAsk, match="is no URL"):
            at_url(url, Access(1.0))

    @pytest.mark.parametrize("url", ["http://127.0.0.1:1/a b", f"http://{'ü' * 70}.invalid"])
    def test_a_url_that_cannot_be_asked(self, url: str) -> None:
        assert "that is no URL: " in why(at_url(url, Access(1.0)))

    def test_a_url_with_what_would_not_be_sent(self) -> None:
        with pytest.raises(
            CannotAsk, match="before example: only --token and --header are sent"
        ) as error:
            at_url("http://me:s3cret@example/debug", Access(1.0))
        assert "s3cret" not in str(error.value)
        for url in ("http://a/debug?x=1", "http://a/#tasks"):
            with pytest.raises(CannotAsk, match="has a query or a fragment"):
                at_url(url, Access(1.0))

    def test_a_place_that_has_moved_is_named_and_not_followed(self) -> None:
        with saying(page(b"", "308 x", "location: https://a/\x1b")) as url:
            assert why(at_url(url, Access(5.0, "secret"))) == (
                f"{url}: Permanent Redirect (308); it is at https://a/\\x1b, so name that place"
            )

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            (b"\x1b[31mred", "\\x1b[31mred"),
            (b'{"detail": "\\u001b[31mred"}', "\\x1b[31mred"),
            (b'{"detail": "' + b"x" * 5000 + b'"}', "x" * 1000),
            (b"[" * 100_000, "[" * 200),
        ],
    )
    def test_what_is_said_in_place_of_an_answer_steers_no_terminal(
        self, body: bytes, told: str
    ) -> None:
        with saying(page(body, "500 x")) as url:
            assert why(at_url(url, Access(5.0))) == f"{url}: {told}"


def answering(name: str, answer: bytes | None) -> Process:
    def answers(question: Question) -> bytes:
        if answer is None:
            raise CannotAsk("is shy")
        return answer

    return Process(name, None, answers)


class TestSeveral:
    def test_those_that_answer_are_enough_and_the_others_are_named(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        processes = [answering("1", b"x"), answering("2", None), answering("3", b"y")]
        found = ask_all(processes, TASKS, "snowshed tasks")
        assert [(process.name, body) for process, body in found] == [("1", b"x"), ("3", b"y")]
        assert capsys.readouterr().err == "snowshed tasks: 2: is shy\n"
        ask_all(processes, TASKS)
        assert capsys.readouterr().err == ""

    def test_when_none_answers_the_first_says_why(self) -> None:
        with pytest.raises(CannotAsk, match="1: is shy"):
            ask_all([answering("1", None), answering("2", None)], TASKS)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[" * 100_000, b"[]", b'{"schema": 2}', b'{"schema": 1}', b"1"]
)
def test_what_is_no_document_of_ours_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(CannotAsk, match="is not snowshed, or a later version"):
        read_json(answering("1", body), body, "groups")


class TestPart:
    def test_what_came_of_an_answer_is_returned_and_what_did_not_is_noted(self) -> None:
        def answers(question: Question) -> bytes:
            raise CutOff("was cut off", b"half")

        cut: list[str] = []
        assert ask_for_part(Process("1", 1, answers), TASKS, cut) == b"half"
        assert cut == ["1: was cut off"]

    def test_nothing_is_no_part(self) -> None:
        def answers(question: Question) -> bytes:
            raise CutOff("was cut off")

        with pytest.raises(CutOff):
            ask_for_part(Process("1", 1, answers), TASKS, [])

    def test_what_cannot_be_read_because_it_was_cut_off_is_said_to_be(self) -> None:
        with pytest.raises(CannotAsk, match=r"^was cut off$"), said_instead(["was cut off"]):
            raise FormatError("x", "byte 0", "empty")
        with pytest.raises(FormatError), said_instead([]):
            raise FormatError("x", "byte 0", "empty")
