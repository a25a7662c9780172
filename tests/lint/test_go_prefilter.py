"""Where in a file of Go something may matter, by its bytes alone."""

from __future__ import annotations

import pytest

from snowshed.lint._go._prefilter import matters, places_of

HTTP = b'package p\n\nimport "net/http"\n\n'
SQL = b'package p\n\nimport "database/sql"\n\n'


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (HTTP, b"a, err := c.Get(url)"),
        (HTTP, b"a, err := s.fetchValues.Get(url)"),
        (HTTP, b"a, err := s.Form2.Get("),
        (HTTP, b"a, err := reloadForm.Get(\n\t\turl)"),
        (SQL, b"rows, err := db.Query(q)"),
        (SQL, b"rows, err := db.NamedQuery(q, x)"),
        (b"package p\n", b"close(c)"),
        (b"package p\n", b"defer(close(c))"),
        (b"", b"close(c)"),
        (b"package p\n", b"go f(x)"),
        (b"package p\n", b"go s.f(x)"),
        (b"package p\n", b"go f[int](x)"),
        (b"package p\n", b"go s.hooks[i](x)"),
        (b"package p\n", b"go (f)(x)"),
    ],
)
def test_what_a_rule_may_begin_from_is_seen(head: bytes, code: bytes) -> None:
    places = places_of(head + code)
    assert [place for place in places if place >= len(head)]
    assert matters(head + code)


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (HTTP, b'kind := r.Header.Get("Content-Type")'),
        (HTTP, b'kind := w.Header().Get("Content-Type")'),
        (HTTP, b'id := r.URL.Query().Get("id")'),
        (HTTP, b'id := r.Form.Get("id")'),
        (HTTP, b"buffer := pool.Get()"),
        (SQL, b"values := u.Query()"),
        (b"package p\n", b"c.close(nil)"),
        (b"package p\n", b"disclose(nil)"),
        (b"package p\n", b"go fmt"),
    ],
)
def test_what_only_looks_like_it_is_not(head: bytes, code: bytes) -> None:
    assert [place for place in places_of(head + code) if place >= len(head)] == []


@pytest.mark.parametrize(
    ("code", "seen"), [(b"c.Get(", b"."), (b"c.Query(", b"."), (b"close(", b"c"), (b"go f(", b"g")]
)
def test_a_file_may_end_anywhere(code: bytes, seen: bytes) -> None:
    head = HTTP + b'import "database/sql"\n'
    assert places_of(head + code) == [len(head) + code.find(seen)]


def test_places_are_in_order() -> None:
    places = places_of(b"package p\nfunc f() { close(c); go f(); <-c; m.Lock() }")
    assert places == sorted(places)
    assert len(places) == 4
