from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import chain

from demo._sample import FINDINGS
from snowshed.demo._report import report
from snowshed.demo._rows import tables
from snowshed.demo._words import conclusions

VOID = {"meta"}


class Reader(HTMLParser):
    """Collects text and table cells, and checks that elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.cells: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open and self.open[-1] in {"td", "th"}:
            self.cells.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_the_table_has_the_rows_of_the_comparison_and_no_others() -> None:
    cells = read(report(FINDINGS)).cells
    expected: list[str] = []
    for table in tables(FINDINGS):
        expected += table.columns
        for group in table.groups:
            expected.append(group.title)
            for row in group.rows:
                expected += [row.label, *row.cells]
    assert cells == expected


def test_it_says_what_came_out_of_either_flood() -> None:
    words = " ".join("".join(read(report(FINDINGS)).words).split())
    for sentence in chain.from_iterable(conclusions(FINDINGS)):
        assert " ".join(sentence.split()) in words


def test_it_shows_the_commands_and_what_the_service_printed() -> None:
    words = "".join(read(report(FINDINGS)).words)
    assert "python -m uvicorn --app-dir /demo shop:app --port 1" in words
    assert "python -m snowshed run --mode enforce --budget 50 -- python -m uvicorn" in words
    assert "python -m uvicorn --app-dir /demo shop:app --port 1 --limit-concurrency 7" in words
    assert "python -m snowshed run --mode enforce --objective 0.5 -- python -m uvicorn" in words
    assert "snowshed: <report> over budget" in words


def test_it_opens_offline() -> None:
    page = report(FINDINGS)
    assert not re.search(r"url\(|@import|<script|<link|<img|<iframe", page)
    assert not {name for name, _ in read(page).attributes} & {"src", "href", "srcset"}


def test_it_follows_the_colour_scheme_of_the_reader() -> None:
    assert "prefers-color-scheme: dark" in report(FINDINGS)
