from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from doctor._dumps import goroutine, look, of_file
from doctor._family_dumps import ACCEPTS, idle, serves, tasks
from doctor.test_family import graphs
from snowshed.doctor import Loaded, _case, diagnose, document, look_at, text
from snowshed.doctor._case import Case
from snowshed.doctor._looks import MEMBERS_AT_MOST
from snowshed.model import GoroutineDump

if TYPE_CHECKING:
    import pytest

    from snowshed.doctor._lineage import Lineage
    from snowshed.model import Goroutine


def lineage(*looks: list[str]) -> Lineage:
    found = Case([look(ACCEPTS, *each) for each in looks]).lineage
    assert found is not None
    return found


def test_every_goroutine_of_a_list_is_in_it_however_many_are_alike() -> None:
    many = range(1000, 1000 + 2 * MEMBERS_AT_MOST)
    found = lineage([serves(4, "main.search:75"), *tasks(many, 4)])
    assert found.requests.over.worst[0].count == 2 * MEMBERS_AT_MOST
    assert sum(kind.ids.buffer_info()[1] for kind in found.family.kinds) == len(many) + 2


def test_each_kind_has_its_group_and_each_group_its_kinds() -> None:
    found = lineage([serves(4, "main.search:75"), *tasks(range(10, 18), 4), idle(5)])
    for group, kinds in found.groups():
        assert kinds == found.kinds_of(group)
        assert all(found.group_of[kind] is group for kind in kinds)
        assert sum(len(found.family.kinds[kind].ids) for kind in kinds) == group.count
    (other,) = look(goroutine(9, "sleep", "main.wait:9")).groups
    assert not found.kinds_of(other)


def test_earlier_lists_tell_who_served_and_what_was_there() -> None:
    before = [idle(7), idle(8), *tasks([100], 7)]
    now = [*tasks(range(1001, 1101), 7), *tasks(range(2001, 2101), 8)]
    found = lineage(before, now)
    assert found.requests.gone == {7, 8}
    assert found.before is not None
    assert len(found.before.tasks) == 1
    assert lineage(now).before is None


def test_a_profile_tells_of_handlers_too() -> None:
    """It shows the functions in which handlers are, and no numbers."""
    gone = look(ACCEPTS, *tasks(range(1001, 1101), 7))
    stands = look(ACCEPTS, serves(4, "main.search:75"))
    profile = type(stands)("profile", stands.groups)
    assert not profile.listed
    found = Case([profile, gone]).lineage
    assert found is not None
    assert found.requests.gone == {7}


def test_without_a_list_nothing_is_known() -> None:
    assert Case([of_file("proto.pb.gz")]).lineage is None
    assert Case([]).lineage is None


def test_in_a_list_without_its_end_nobody_has_ended() -> None:
    cut = look(ACCEPTS, *tasks(range(1001, 1101), 7), "goroutine 99 [sleep]:\nmain.order.fu")
    found = Case([cut]).lineage
    assert found is not None
    assert found.family.gone == frozenset()


def test_of_too_many_different_stacks_that_is_told_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dump = [goroutine(n, "sleep", f"main.walk:{n}") for n in range(2, 30)]
    monkeypatch.setattr(_case, "KINDS_AT_MOST", 20)
    found = diagnose([look(ACCEPTS, *dump)])
    (warning,) = found.warnings
    assert warning.startswith("dump: 29 different stacks are too many to tell who started what")
    assert (found.requests, found.spawned, found.total) == (None, (), 29)
    monkeypatch.setattr(_case, "KINDS_AT_MOST", 29)
    assert diagnose([look(ACCEPTS, *dump)]).warnings == ()


@given(st.lists(graphs(), min_size=1, max_size=3))
def test_any_lists_are_diagnosed_and_told(lists: list[list[Goroutine]]) -> None:
    looks = [look_at(Loaded("list", GoroutineDump(tuple(each)))) for each in lists]
    found = diagnose([each for each in looks if each is not None])
    assert text(found)
    assert document(found)["total"] == len(lists[-1])
    assert sum(each.total for each in found.spawned) == len(lists[-1])
