"""The report of a request as one line that people and machines can read."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snowshed.model import RequestReport, SiteCount

REPORT = RequestReport(
    request="GET /items/7",
    route="GET /items/{id}",
    mode="enforce",
    budget=50,
    peak=50,
    spawned=510,
    refused=460,
    would_refuse=0,
    live_at_response=3,
    outlived=1,
    others=4,
    ended="",
    sites=(SiteCount("/app/shop.py", 12, "report.<locals>.fetch", 500),),
    outlivers=(SiteCount("/app/mail.py", 3, "send", 1),),
)


def test_the_line():
    assert str(REPORT) == (
        'request over budget request="GET /items/7" route="GET /items/{id}" mode=enforce budget=50 '
        "peak=50 spawned=510 refused=460 would_refuse=0 live_at_response=3 outlived=1 others=4 "
        'ended="" sites="/app/shop.py:12 report.<locals>.fetch x500" '
        'outlivers="/app/mail.py:3 send x1"'
    )


@pytest.mark.parametrize(
    ("refused", "would_refuse", "over"), [(0, 0, False), (1, 0, True), (0, 1, True)]
)
def test_over_budget_is_what_was_refused_or_would_have_been(refused, would_refuse, over):
    report = replace(REPORT, refused=refused, would_refuse=would_refuse)
    assert report.over_budget is over
    head = "request over budget" if over else "request outlived by its tasks"
    assert str(report).startswith(f"{head} request=")


@given(st.text(max_size=40))
@example("/a\x1b[2Jb\u2028c\x85d")
@example('/"quoted" \\ =')
def test_whatever_a_client_sends_is_one_line_of_printable_text(path):
    line = str(replace(REPORT, request=f"GET {path}"))
    assert line.isprintable()
    fields = shlex.split(line)
    assert sum(field.startswith("request=GET") for field in fields) == 1
    assert f"route={REPORT.route}" in fields


def test_a_site_is_a_place_that_editors_open():
    assert str(SiteCount("/app/shop.py", 12, "f", 3)) == "/app/shop.py:12 f x3"
