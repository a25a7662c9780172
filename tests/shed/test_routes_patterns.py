"""Which pattern a path matches, and what is taken for an id where there is none."""

from __future__ import annotations

import pytest

from snowshed.shed._routes import RoutePolicy, RouteTable
from snowshed.shed._routes._pattern import segments_of
from snowshed.shed._routes._shape import shape_of

FEED = RoutePolicy(cost=20)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/users/me", "/users/me"),
        ("/users/me/", "/users/me"),
        ("/users/7", "/users/{id:int}"),
        ("/users/anna", "/users/{name}"),
        ("/users/anna.json", "/users/{name}.json"),
        ("/users/.json", "/users/{name}"),
        ("/users/7/orders", "/users/{id}/orders"),
        ("/files/a/b/c", "/files/{rest:path}"),
        ("/", "/"),
        ("/items/6f1c1c5e-6d0e-4ad0-9c5e-3f0d5f2b7b11", "/items/{id:uuid}"),
        ("/items/1.5", "/items/{n:float}"),
        ("/items/x", "/items/{name}"),
    ],
)
def test_the_most_exact_pattern_wins_in_whatever_order(path, pattern):
    patterns = [
        "/users/{name}",
        "/users/{id:int}",
        "/users/me",
        "/users/{name}.json",
        "/users/{id}/orders",
        "/files/{rest:path}",
        "/items/{name}",
        "/items/{n:float}",
        "/items/{id:uuid}",
        "/",
    ]
    for order in (patterns, patterns[::-1]):
        table = RouteTable({each: RoutePolicy() for each in order})
        assert table.find("GET", path).name == pattern


def test_a_dead_end_goes_back_to_the_next_best():
    table = RouteTable({"/a/b/c": RoutePolicy(), "/{x}/b/d": RoutePolicy(), "/*": FEED})
    assert table.find("GET", "/a/b/d").name == "/{x}/b/d"
    assert table.find("GET", "/a/b/e").policy is FEED


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("feed", "begins with '/'"),
        ("GET feed", "begins with '/'"),
        ("GET", "begins with '/'"),
        ("/a/*/b", "comes last"),
        ("/a*", "whole segments"),
        ("/a/{id", "begins with '{' and ends with '}'"),
        ("get /a", "unknown method 'get'; known are .*GET"),
    ],
)
def test_a_wrong_pattern_says_what_is_accepted(pattern, message):
    with pytest.raises(ValueError, match=f"route {pattern!r}".replace("*", r"\*")) as raised:
        RouteTable({pattern: FEED})
    assert raised.match(message)


def test_a_path_of_very_many_segments_is_not_taken_apart():
    assert len(segments_of("/a" * 100_000)) <= 33


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("", "/"),
        ("users/4711", "/users/{}"),
        ("users/7/orders/8", "/users/{}/orders/{}"),
        ("items/6f1c1c5e-6d0e-4ad0-9c5e-3f0d5f2b7b11", "/items/{}"),
        ("blobs/deadbeef01", "/blobs/{}"),
        ("t/eyJhbGciOiJIUzI1NiIsInR5cCI6", "/t/{}"),
        ("users/anna@example.org", "/users/{}"),
        ("orders/order-12345", "/orders/{}"),
        ("days/2026-11-26", "/days/{}"),
        ("v1/oauth2/token", "/v1/oauth2/token"),
        ("recommendations-for-customers", "/recommendations-for-customers"),
        ("shop.v1.CatalogService/ListItems", "/shop.v1.CatalogService/ListItems"),
        ("a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/*"),
    ],
)
def test_ids_are_taken_out_of_a_path(path, shape):
    assert shape_of(path.split("/")) == shape
