from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given

from doctor._dumps import goroutine
from doctor._family_dumps import ACCEPTS, idle, in_group, serves, tasks
from doctor.test_family import family, graphs
from snowshed.doctor._alike import Alike, alike_in
from snowshed.doctor._family import Family
from snowshed.doctor._spawns import DEEP_AT_MOST, LINES_AT_MOST, NODES_AT_MOST, spawned
from snowshed.model import Frame, Goroutine, Spawned


def nodes(tree: tuple[Spawned, ...]) -> Iterator[Spawned]:
    for each in tree:
        yield each
        yield from nodes(each.children)


def line(number: int) -> Frame:
    return Frame(f"main.f{number}", "/srv/shop/main.go", number)


def test_lines_stand_below_the_line_that_created_who_runs_them() -> None:
    (main,) = spawned(
        family(
            ACCEPTS,
            *(idle(number) for number in range(100, 130)),
            serves(4, "main.search:75"),
            *tasks(range(10, 18), 4),
            *(
                goroutine(n, "sleep", "main.get:9", created="main.f in goroutine 10")
                for n in (50, 51)
            ),
        )
    )
    assert (main.at, main.function, main.count, main.total) == (None, "main.main", 1, 42)
    (server,) = main.children
    assert (server.at, server.count) == (
        Frame("net/http.(*Server).Serve", "/srv/shop/main.go", 10),
        31,
    )
    (search,) = server.children
    assert (search.function, search.count, search.gone) == ("main.search.func1", 8, 0)
    (inner,) = search.children
    assert (inner.function, inner.count, inner.children) == ("main.get", 2, ())


def test_who_was_made_by_whoever_has_ended_is_told_at_its_line() -> None:
    _, orphans = sorted(spawned(family(ACCEPTS, *tasks(range(10, 18), 4))), key=lambda s: s.gone)
    assert (orphans.count, orphans.gone) == (8, 8)


def test_what_groups_start_is_told_apart_by_what_it_runs() -> None:
    searches = in_group(range(10, 18), 4, "main.search")
    prices = in_group(range(20, 24), 4, "main.price")
    (main,) = spawned(family(ACCEPTS, serves(4, "main.search:75"), *searches, *prices))
    below = {each.function: each.count for each in main.children[0].children}
    assert below == {"main.search.func1": 8, "main.price.func1": 4}


def chain(length: int, lines: int) -> Family:
    kinds = [Alike("sleep", (line(at),), line(at)) for at in range(lines)]
    for number in range(2, length + 2):
        kinds[number % lines].add(number, number - 1)
    return Family(kinds)


def test_a_line_that_creates_itself_again_is_one_node() -> None:
    (node,) = spawned(chain(5000, 1))
    assert (node.count, node.gone, node.children) == (5000, 1, ())


def test_a_long_chain_is_gone_along_and_not_called_down() -> None:
    assert sum(each.count for each in nodes(spawned(chain(100_000, 3)))) == 100_000


def test_what_is_deep_is_summed_up() -> None:
    deep = DEEP_AT_MOST + 30
    tree = spawned(chain(deep, deep))
    assert len([*nodes(tree)]) == DEEP_AT_MOST
    assert sum(each.count for each in nodes(tree)) == deep


def test_of_very_many_lines_the_largest_are_told_and_the_rest_counted() -> None:
    goroutines = [
        Goroutine(10 + at * 100 + n, "sleep", (line(at),), created_by=line(at), parent=1)
        for at in range(200)
        for n in range(1 + at % 7)
    ]
    tree = spawned(Family(alike_in(goroutines)))
    assert sum(each.count for each in nodes(tree)) == len(goroutines)
    assert len(tree) == LINES_AT_MOST + 1
    rest = tree[-1]
    assert (rest.at, rest.lines) == (None, 200 - LINES_AT_MOST)
    assert min(each.count for each in tree[:-1]) >= 6


def test_a_dump_with_a_million_lines_is_bounded() -> None:
    kinds = []
    for at in range(2, 2 + 2 * NODES_AT_MOST):
        kinds.append(Alike("sleep", (line(at),), line(at)))
        kinds[-1].add(at, at - 1 if at % 3 else 1)
    tree = spawned(Family(kinds))
    assert sum(each.count for each in nodes(tree)) == 2 * NODES_AT_MOST
    assert len([*nodes(tree)]) <= 2 * LINES_AT_MOST


@given(graphs())
def test_any_parents_make_a_tree_with_all_of_them(goroutines: list[Goroutine]) -> None:
    tree = spawned(Family(alike_in(goroutines)))
    assert sum(each.total for each in tree) == len(goroutines)
    assert sum(each.count for each in nodes(tree)) == len(goroutines)
    there = {each.id for each in goroutines}
    orphans = [each for each in goroutines if each.parent and each.parent not in there]
    assert sum(each.gone for each in nodes(tree)) == len(orphans)
