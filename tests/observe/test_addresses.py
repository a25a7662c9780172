"""Where profiles are to go: what is accepted, and that messages keep secrets."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.observe._addresses import headers_of, parse_target, shown, split


@pytest.mark.parametrize("text", ["profiles", "/var/lib/profiles", "./x", "C:\\profiles"])
def test_a_path_is_a_directory(text: str) -> None:
    assert parse_target(text) == Path(text)


@pytest.mark.parametrize(
    "text", ["http://pyroscope:4040/ingest", "https://ann:s3cret@host/a?b=c", "http://[::1]:80"]
)
def test_a_url_is_a_url(text: str) -> None:
    assert parse_target(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "ftp://ann:s3cret@host",
        "http://",
        "http://:s3cret@:80",
        "http://host:99999/s3cret",
        "http://host:0/s3cret",
        "https://host/s3cret\r\nX: y",
        "https://host/s3 cret",
        "https://hö.st/s3cret",
        "http://[::1/s3cret",
    ],
)
def test_a_url_that_is_none_is_refused_without_its_secrets(text: str) -> None:
    with pytest.raises(ValueError, match=r"profiles_to must be a directory or an http") as caught:
        parse_target(text)
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize(("text", "what"), [("", "is empty"), ("  ", "is empty"), ("a\0b", "zero")])
def test_what_can_be_no_place_is_refused(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=rf"^profiles_to must be .*; it .*{what}"):
        parse_target(text)


@given(st.text())
def test_any_text_is_a_place_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_target(text)


def test_of_a_url_only_what_is_no_secret_is_shown() -> None:
    assert shown(split("https://ann:s3cret@host:8443/ingest?token=s3cret")) == (
        "https://host:8443/ingest"
    )
    assert shown(split("http://host")) == "http://host"


def test_header_lines_become_a_mapping() -> None:
    lines = ["Authorization: Bearer a:b", "X-Scope-OrgID:team", "X-Empty:"]
    assert headers_of(lines) == {
        "Authorization": "Bearer a:b",
        "X-Scope-OrgID": "team",
        "X-Empty": "",
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("s3cret", "item 1 of profiles_headers must have the form 'Name: value'"),
        ("s3 cret: x", "item 1 of profiles_headers"),
        (": s3cret", "item 1 of profiles_headers"),
        ("A: s3cret\r\nB: c", "the value of 'A' in profiles_headers must be printable ASCII"),
        ("A: s3crét", "the value of 'A'"),
    ],
)
def test_a_header_that_is_none_is_refused_without_its_value(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        headers_of([line])
    assert "s3c" not in str(caught.value)
    assert "cret" not in str(caught.value)
