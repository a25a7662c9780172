"""Every request finds a route: declared, told by the framework, or guessed; all bounded."""

from __future__ import annotations

import string

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snowshed.shed._criticality import Criticality
from snowshed.shed._routes import DEFAULT_BYPASS, Route, RoutePolicy, RouteTable, _table

FEED = RoutePolicy(cost=20, light=2, criticality="sheddable")


def name_of(table: RouteTable, request: str) -> str:
    method, _, path = request.partition(" ")
    return table.find(method, path).name


# What is declared (patterns: test_routes_patterns.py)


def test_a_declared_route_is_found_by_method_and_pattern():
    table = RouteTable({"GET /feed": FEED, "POST /feed": RoutePolicy(cost=3)})
    assert table.find("GET", "/feed").policy is FEED
    assert table.find("POST", "/feed").policy.cost == 3
    assert table.find("PUT", "/feed").policy == RoutePolicy()


def test_a_pattern_without_a_method_is_for_any_and_one_with_it_goes_before():
    any_method, get = RoutePolicy(cost=1), RoutePolicy(cost=2)
    table = RouteTable({"/users/{id}": any_method, "GET /users/{id}": get})
    assert table.find("GET", "/users/7").policy is get
    assert table.find("POST", "/users/7").policy is any_method
    assert table.find("BREW", "/users/8").policy is any_method


def test_a_star_gives_its_policy_to_routes_that_learn_by_themselves():
    admin = RoutePolicy(criticality="critical-plus")
    table = RouteTable({"/admin/*": admin, "GET /admin/feed": FEED})
    users, jobs = table.find("GET", "/admin/users"), table.find("GET", "/admin/jobs/4711")
    assert users.policy is jobs.policy is admin
    assert users.criticality is Criticality.CRITICAL_PLUS
    users.learn(30, light=False)
    assert (users.cost(light=False), jobs.cost(light=False)) == (30, 1)
    assert (users.name, jobs.name) == ("GET /admin/users", "GET /admin/jobs/{}")
    assert table.find("GET", "/admin/feed").policy is FEED
    assert table.find("GET", "/public").policy == RoutePolicy()


def test_two_patterns_for_the_same_requests_are_refused():
    with pytest.raises(ValueError, match=r"'GET /u/\{a\}' and 'GET /u/\{b\}' are the same"):
        RouteTable({"GET /u/{a}": FEED, "GET /u/{b}": FEED})


# What settings may say


def test_a_policy_is_read_from_settings():
    read = msgspec.convert({"cost": 20, "light": 2, "criticality": "sheddable"}, RoutePolicy)
    assert read == FEED
    with pytest.raises(msgspec.ValidationError, match="criticalty"):
        msgspec.convert({"criticalty": "sheddable"}, RoutePolicy)
    with pytest.raises(msgspec.ValidationError, match="Invalid enum value 'urgent'"):
        msgspec.convert({"criticality": "urgent"}, RoutePolicy)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"cost": 0}, "cost is 1 task or more, not 0"),
        ({"light": -1}, "light is 1 task or more, not -1"),
        ({"cost": 2, "light": 3}, "light .3 tasks. costs more than the full answer .2 tasks."),
    ],
)
def test_a_policy_refuses_what_makes_no_sense(said, message):
    with pytest.raises(ValueError, match=message):
        RoutePolicy(**said)


# Health checks


@pytest.mark.parametrize("path", DEFAULT_BYPASS)
def test_health_checks_bypass_by_themselves(path):
    table = RouteTable({})
    assert table.find("GET", path).bypass
    assert table.find("HEAD", path).bypass
    assert not table.find("POST", path).bypass
    assert not table.find("GET", path + "/x").bypass
    assert not table.find("GET", "/v1" + path).bypass


@pytest.mark.parametrize("pattern", ["/health", "GET /health"])
def test_a_declared_health_check_is_what_it_is_declared(pattern):
    table = RouteTable({pattern: RoutePolicy(cost=9)})
    assert not table.find("GET", "/health").bypass
    assert table.find("GET", "/healthz").bypass


def test_a_star_does_not_take_the_bypass_away():
    assert RouteTable({"/*": FEED}).find("GET", "/healthz").bypass


# Costs


def test_what_is_declared_goes_before_what_is_learned():
    route = RouteTable({"GET /feed": FEED}).find("GET", "/feed")
    route.learn(50, light=False)
    route.learn(50, light=True)
    assert (route.cost(light=False), route.cost(light=True)) == (20, 2)


def test_full_and_light_answers_are_learned_apart():
    route = Route("GET /", RoutePolicy())
    assert (route.cost(light=False), route.cost(light=True)) == (1, 1)
    route.learn(40, light=False)
    assert (route.cost(light=False), route.cost(light=True)) == (40, 40)
    route.learn(4, light=True)
    assert (route.cost(light=False), route.cost(light=True)) == (40, 4)


def test_an_unlearned_light_answer_is_charged_as_the_declared_full_one():
    assert Route("GET /", RoutePolicy(cost=8)).cost(light=True) == 8


# Templates of the framework


def test_a_told_template_names_the_route_and_keeps_what_was_learned():
    table = RouteTable({})
    guess = table.find("GET", "/users/4711")
    assert guess.name == "GET /users/{}"
    guess.learn(12, light=False)
    route = table.learn_template("GET", "/users/4711", "/users/{user_id}")
    assert route.name == "GET /users/{user_id}"
    assert route.cost(light=False) == 12
    assert table.find("GET", "/users/anna") is route
    assert table.find("GET", "/users/4711") is route


def test_telling_again_changes_nothing():
    table = RouteTable({})
    route = table.learn_template("GET", "/users/1", "/users/{id}")
    for number in range(100):
        assert table.learn_template("GET", f"/users/{number}", "/users/{id}") is route
    assert table.statistics().templates == 1
    assert table.statistics().undeclared == 1 + 1  # the guess of the first request


def test_a_declared_route_needs_no_template():
    table = RouteTable({"GET /users/{id}": FEED})
    assert table.learn_template("GET", "/users/1", "/users/{user_id}").policy is FEED
    assert table.statistics().templates == 0


def test_what_is_learned_is_what_the_next_request_is_charged():
    """Also where the framework's order of routes says otherwise than the most exact pattern."""
    table = RouteTable({})
    table.learn_template("GET", "/users/me", "/users/me")
    table.learn_template("GET", "/users/me", "/users/{id}").learn(30, light=False)
    assert table.find("GET", "/users/me").cost(light=False) == 30


def test_a_mounted_application_tells_only_the_end_of_the_path():
    table = RouteTable({})
    route = table.learn_template("GET", "/api/v2/users/7", "/users/{id}")
    assert route.name == "GET /api/v2/users/{id}"
    assert table.find("GET", "/api/v2/users/8") is route
    assert table.find("GET", "/users/9") is not route


def test_a_policy_of_a_star_reaches_told_routes():
    table = RouteTable({"/admin/*": FEED})
    assert table.learn_template("GET", "/admin/users/7", "/admin/users/{id}").policy is FEED
    assert table.learn_template("GET", "/files/admin", "/{rest:path}").policy == RoutePolicy()
    assert table.find("GET", "/admin/other/thing").policy is FEED


_SEGMENT = st.text(string.ascii_lowercase + string.digits + "-_.{}:*", max_size=6)
_PATHS = st.lists(_SEGMENT, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(st.tuples(_PATHS, _PATHS), max_size=8), _PATHS)
def test_whatever_is_told_learning_and_charging_meet(told, path):
    table = RouteTable({"/a/*": FEED})
    for other, template in told:
        route = table.learn_template("GET", other, template)
        assert table.find("GET", other) is route
    assert table.find("GET", path) is table.find("GET", path)


# Guesses


def test_unknown_methods_are_one():
    table = RouteTable({})
    assert name_of(table, "BREW /pot") == name_of(table, "FLY /pot") == "_OTHER /pot"
    assert name_of(table, "HEAD /pot") == name_of(table, "GET /pot") == "GET /pot"


# Bounds


def word(number: int) -> str:
    return "".join(string.ascii_lowercase[number // 26**place % 26] for place in range(4))


def test_a_client_that_invents_paths_makes_no_more_than_a_thousand_routes():
    table = RouteTable({})
    for number in range(10_000):
        table.find("GET", f"/{word(number)}/" + "x" * (number % 300))
    now = table.statistics()
    assert now.undeclared <= _table.UNDECLARED_AT_MOST + 1
    assert now.remembered <= 2 * _table.PATHS_AT_MOST
    assert now.evicted == 10_000 - _table.UNDECLARED_AT_MOST
    assert max(len(method) + len(path) for method, path in table._recent) <= _table.LONGEST_PATH


def test_what_is_asked_for_often_is_not_looked_up_again_in_a_flood_of_paths(monkeypatch):
    looked_up = []
    match = RouteTable._match

    def counting(table, method, segments):
        looked_up.append(segments)
        return match(table, method, segments)

    monkeypatch.setattr(RouteTable, "_match", counting)
    table = RouteTable({})
    for number in range(5 * _table.PATHS_AT_MOST):
        table.find("GET", f"/scan/{word(number)}")
        table.find("GET", "/often")
    assert looked_up.count(["often"]) == 1


def test_a_template_reaches_every_path_that_is_remembered():
    table = RouteTable({})
    for path in ("/users/ann", *(f"/scan/{word(number)}" for number in range(3000))):
        table.find("GET", path)
    route = table.learn_template("GET", "/users/bob", "/users/{name}")
    assert table.find("GET", "/users/ann") is route


def test_busy_routes_survive_a_scan_and_keep_what_they_learned():
    table = RouteTable({})
    busy = [table.find("GET", f"/busy/{word(number)}") for number in range(50)]
    for route in busy:
        for _ in range(_table.ESTABLISHED_FROM):
            route.learn(7, light=False)
    for number in range(10_000):
        table.find("GET", f"/scan/{word(number)}")
    assert [table.find("GET", f"/busy/{word(number)}") for number in range(50)] == busy


def test_when_every_place_is_held_by_a_busy_route_the_next_is_other(monkeypatch):
    monkeypatch.setattr(_table, "UNDECLARED_AT_MOST", 10)
    table = RouteTable({"/admin/*": FEED})
    for number in range(10):
        route = table.find("GET", f"/busy/{word(number)}")
        for _ in range(_table.ESTABLISHED_FROM):
            route.learn(7, light=False)
    others = {table.find("GET", f"/scan/{word(number)}") for number in range(100)}
    assert [other.name for other in others] == ["other"]
    assert table.find("GET", "/admin/x").policy is FEED
    assert table.statistics().overflowed == 101
    assert table.statistics().undeclared == 12


def test_templates_are_bounded(monkeypatch):
    monkeypatch.setattr(_table, "TEMPLATES_AT_MOST", 10)
    table = RouteTable({})
    for number in range(100):
        table.learn_template("GET", f"/{word(number)}/7", f"/{word(number)}/{{id}}")
    assert table.statistics().templates == 10


@settings(deadline=None)
@given(st.text(max_size=5), st.text(max_size=400) | st.text("/{}*:", max_size=400))
def test_no_request_is_an_error(method, path):
    table = RouteTable({"/a/{id}/*": FEED})
    route = table.find(method, path)
    assert route.cost(light=False) >= 1
    assert len(route.name) <= 700
    table.learn_template(method, path, path)


def test_an_endless_path_has_a_short_name():
    assert name_of(RouteTable({}), "GET " + "/a" * 100_000) == "GET /a/a/a/a/a/a/a/a/*"


# What it says of itself


def test_statistics_list_the_busiest_first():
    table = RouteTable({"GET /feed": FEED})
    for _ in range(3):
        table.find("GET", "/cart").learn(5, light=False)
    table.find("GET", "/cart").learn(2, light=True)
    table.find("GET", "/feed").learn(50, light=False)
    now = table.statistics()
    cart, feed = now.routes
    assert (cart.name, cart.cost, cart.light_cost) == ("GET /cart", 5, 2)
    assert (cart.cost_declared, cart.learned, cart.learned_light) == (False, 3, 1)
    assert (feed.name, feed.cost, feed.cost_declared) == ("GET /feed", 20, True)
    assert (feed.criticality, feed.bypass) == ("sheddable", False)
    assert (now.declared, now.undeclared, now.remembered) == (1, 1, 2)
    assert len(now.routes) == 2


def test_repr_tells_the_truth():
    table = RouteTable({"GET /feed": FEED})
    table.learn_template("GET", "/users/1", "/users/{id}").learn(4, light=False)
    assert repr(table) == "<RouteTable 1 declared, 1 templates, 2 undeclared, 0 evicted>"
    assert repr(table.find("GET", "/users/1")) == (
        "<Route 'GET /users/{id}': 4.0 tasks (of 1 requests), light 4.0>"
    )
    assert repr(table.find("GET", "/feed")) == (
        "<Route 'GET /feed': 20.0 tasks (declared), light 2.0>"
    )
