"""The pages of pprof answer as those of Go: the same names, headers, parameters and errors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from _snapshots import AT_THE_LOCK, snapshot, task, thread
from snowshed.formats import pprof
from snowshed.integrations._debug import Access, Observed, Pages
from snowshed.integrations._debug._pprof import PprofPages
from snowshed.model import Profile, Sample, TaskSnapshot, TaskState, ValueType
from snowshed.observe._go_profile._go_profile import GOROUTINE
from snowshed.observe._serve._exchange import Request, Response

if TYPE_CHECKING:
    from snowshed.observe._snapshot._snapshot import Snapshot

CONTENTIONS = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))
CPU = (ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
WALL = (ValueType("tasks", "count"),)
TEXT = "text/plain; charset=utf-8"


def looks(*each: Sequence[TaskSnapshot]) -> Callable[[], Snapshot]:
    """Return something that sees one after the other, and the last one again and again."""
    left = [snapshot(tasks) for tasks in each]
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def blocked(count: int, nanoseconds: int) -> Profile:
    return Profile(CONTENTIONS, (Sample(AT_THE_LOCK, (count, nanoseconds)),), CONTENTIONS[0], 1)


class Asked:
    """Pages of three tasks, with a clock that only sleep moves."""

    def __init__(self, **changed: object) -> None:
        self.slept: list[float] = []
        self.profiled: list[float] = []
        sources: dict[str, object] = {
            "snapshot": looks([task(1), task(2), thread()]),
            "block_profile": lambda: blocked(2, 500),
            "wall_profile": lambda: Profile(WALL, (Sample(AT_THE_LOCK, (4,)),), WALL[0], 20),
            "cpu_profile": self._profile,
        }
        observed = Observed(**{**sources, **changed})  # type: ignore[arg-type]
        self.pages = PprofPages(observed, sleep=self.slept.append, clock=self._now)

    def _now(self) -> int:
        return 1_000 + int(sum(self.slept)) * 10**9

    def _profile(self, seconds: float) -> Profile:
        self.profiled.append(seconds)
        return Profile(CPU, (Sample(AT_THE_LOCK, (1, 10)),), CPU[1], 10)

    def get(self, name: str, query: str = "") -> Response:
        return self.pages.answer(name, Request(f"/pprof/{name}", query=query))


def read(response: Response) -> Profile:
    assert (response.status, response.content_type) == (200, "application/octet-stream")
    profile = pprof.read(response.body)
    assert not profile.warnings
    return profile


def headers_of(response: Response) -> dict[str, str]:
    return dict(response.headers)


def test_goroutine_is_a_gzipped_profile_with_the_headers_of_go() -> None:
    response = Asked().get("goroutine")
    assert response.body[:2] == b"\x1f\x8b"
    assert headers_of(response) == {
        "x-content-type-options": "nosniff",
        "content-disposition": 'attachment; filename="goroutine"',
    }
    profile = read(response)
    assert (profile.sample_types, profile.period_type, profile.period) == (
        (GOROUTINE,),
        GOROUTINE,
        1,
    )
    assert (profile.time_nanos, profile.duration_nanos) == (1_000, 0)
    assert [sample.values for sample in profile.samples] == [(2,), (1,)]
    assert ("age_bucket", "1s-10s") in profile.samples[0].labels


@pytest.mark.parametrize("query", ["debug=1", "debug=%2B1", "debug=1&debug=2"])
def test_goroutine_is_text_by_stack_on_request(query: str) -> None:
    response = Asked().get("goroutine", query)
    assert (response.status, response.content_type) == (200, TEXT)
    assert headers_of(response) == {"x-content-type-options": "nosniff"}
    assert response.body.startswith(b"goroutine profile: total 3\n2 @ 0x")


@pytest.mark.parametrize("debug", ["2", "3", "9" * 18, "9" * 30])
def test_goroutine_is_text_by_task_on_request(debug: str) -> None:
    response = Asked().get("goroutine", f"debug={debug}")
    assert (response.status, response.content_type) == (200, TEXT)
    assert response.body.startswith(b"goroutine 9 [running]")
    assert response.body.count(b"\n\n") == 2


@pytest.mark.parametrize("debug", ["0", "", "x", "1.5", "1_0", "٣"])
def test_what_is_no_number_is_none_as_in_go(debug: str) -> None:
    read(Asked().get("goroutine", f"debug={debug}"))


def test_with_seconds_goroutine_is_what_came_and_what_went() -> None:
    asked = Asked(
        snapshot=looks(
            [task(1, age=0.5), task(2), task(3, state=TaskState.SLEEP, resource=None)],
            [task(1, age=11.0), task(2), task(4), task(5)],
        )
    )
    response = asked.get("goroutine", "seconds=10")
    assert headers_of(response)["content-disposition"] == 'attachment; filename="goroutine-delta"'
    profile = read(response)
    assert asked.slept == [10]
    assert (profile.time_nanos, profile.duration_nanos) == (10_000_001_000, 10**10)
    assert {dict(s.labels)["state"]: s.values for s in profile.samples} == {
        "lock": (2,),
        "sleep": (-1,),
    }


def test_with_seconds_block_is_what_was_waited_meanwhile() -> None:
    left = [blocked(2, 500), blocked(7, 900)]
    profile = read(Asked(block_profile=lambda: left.pop(0)).get("block", "seconds=1"))
    assert profile.samples[0].values == (5, 400)
    assert profile.sample_types == CONTENTIONS


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("seconds=0", 'invalid value for "seconds" - must be a positive integer'),
        ("seconds=-1", 'invalid value for "seconds" - must be a positive integer'),
        ("seconds=1.5", 'invalid value for "seconds" - must be a positive integer'),
        ("seconds=x", 'invalid value for "seconds" - must be a positive integer'),
        ("seconds=5&debug=1", "seconds and debug params are incompatible"),
        ("seconds=301", '"seconds" is at most 300 here'),
        ("seconds=" + "9" * 30, 'invalid value for "seconds" - must be a positive integer'),
    ],
)
@pytest.mark.parametrize("name", ["goroutine", "block"])
def test_seconds_that_cannot_be_are_a_400(name: str, query: str, complaint: str) -> None:
    asked = Asked()
    response = asked.get(name, query)
    assert (response.status, response.body.decode()) == (400, f"{complaint}\n")
    assert headers_of(response)["x-go-pprof"] == "1"
    assert response.content_type == TEXT
    assert asked.slept == []


def test_block_has_the_names_of_modules_and_a_text() -> None:
    asked = Asked()
    profile = read(asked.get("block"))
    assert profile.sample_types == CONTENTIONS
    assert asked.get("block", "debug=1").body.startswith(b"--- contention:\n")


def test_wall_fades_so_that_it_has_no_difference() -> None:
    asked = Asked()
    assert read(asked.get("wall")).sample_types == WALL
    assert asked.get("wall", "debug=1").body.startswith(b"tasks profile: total 4\n4 @ 0x")
    response = asked.get("wall", "seconds=1")
    assert response.status == 400
    assert response.body == b'"seconds" parameter is not supported for this profile type\n'


@pytest.mark.parametrize(("query", "seconds"), [("", 30), ("seconds=5", 5), ("seconds=x", 30)])
def test_profile_takes_as_long_as_it_is_told(query: str, seconds: int) -> None:
    asked = Asked()
    response = asked.get("profile", query)
    assert read(response).sample_types == CPU
    assert headers_of(response)["content-disposition"] == 'attachment; filename="profile"'
    assert asked.profiled == [seconds]


def test_a_profile_of_more_than_five_minutes_is_refused() -> None:
    response = Asked().get("profile", "seconds=301")
    assert (response.status, response.body) == (400, b'"seconds" is at most 300 here\n')


def test_a_second_profile_at_a_time_is_refused_by_whoever_takes_it() -> None:
    def take(seconds: float) -> Profile:
        raise RuntimeError("cpu profiling already in use")

    response = Asked(cpu_profile=take).get("profile", "seconds=1")
    assert response.status == 500
    assert response.body == b"Could not enable CPU profiling: cpu profiling already in use\n"


def test_cmdline_is_joined_by_zeros() -> None:
    response = Asked().get("cmdline")
    assert response.content_type == TEXT
    assert response.body.decode().split("\0") == sys.orig_argv


@pytest.mark.parametrize("query", ["", "0x1234+0x5678"])
def test_symbol_knows_no_address(query: str) -> None:
    assert Asked().get("symbol", query).body == b"num_symbols: 1\n"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nonsense", "Unknown profile"),
        ("goroutine/x", "Unknown profile"),
        ("heap", "Unknown profile: Python keeps no profile of its heap; tracemalloc and memray do"),
        ("trace", "Unknown profile: there is no execution trace of Python"),
        ("goroutineleak", "Unknown profile: nothing proves that a task"),
        ("mutex", "Unknown profile: the waits for locks are in 'block'"),
        ("threadcreate", "Unknown profile: threads are in 'goroutine', with the label kind=thread"),
        ("allocs", "Unknown profile: Python counts no allocations"),
    ],
)
def test_an_unknown_profile_is_a_404_that_says_so(name: str, complaint: str) -> None:
    response = Asked().get(name, "seconds=5")
    assert (response.status, response.content_type) == (404, TEXT)
    assert response.body.decode().startswith(complaint)
    assert headers_of(response) == {"x-content-type-options": "nosniff", "x-go-pprof": "1"}


@pytest.mark.parametrize("name", ["goroutine", "block", "profile", "wall"])
def test_a_page_without_its_source_is_a_404_with_the_reason(name: str) -> None:
    asked = Asked(snapshot=None, block_profile=None, cpu_profile=None, wall_profile=None)
    response = asked.get(name)
    assert response.status == 404
    assert response.body.startswith(b"Unknown profile: the ")
    assert asked.pages.names() == ["cmdline", "symbol"]
    assert b"goroutine?debug=2" not in asked.get("").body


def test_the_index_has_counts_and_links_that_stay_below_it() -> None:
    response = Asked().get("")
    assert (response.status, response.content_type) == (200, "text/html; charset=utf-8")
    text = response.body.decode()
    assert "<td>3</td><td><a href='goroutine?debug=1'>goroutine</a></td>" in text
    assert "<td>1</td><td><a href='block?debug=1'>block</a></td>" in text
    assert "<a href='goroutine?debug=2'>" in text
    assert "href='/" not in text


def test_the_index_moves_to_where_its_links_work() -> None:
    response = Pages().answer(Request("/pprof", peer="127.0.0.1"))
    assert (response.status, dict(response.headers)["location"]) == (301, "pprof/")


def test_a_stranger_is_told_why_in_the_words_of_go() -> None:
    pages = Pages(access=Access("s3cret"))
    stranger = pages.answer(Request("/pprof/cmdline", peer="10.0.0.7"))
    assert (stranger.status, dict(stranger.headers)["x-go-pprof"]) == (403, "1")
    without = pages.answer(Request("/pprof/cmdline", peer="127.0.0.1"))
    assert (without.status, without.body) == (
        401,
        b"needs the token: 'Authorization: Bearer ...'\n",
    )
    post = pages.answer(Request("/pprof/symbol", method="POST", peer="127.0.0.1"))
    assert (post.status, dict(post.headers)["allow"]) == (405, "GET, HEAD")
    asked = Request("/pprof/cmdline", peer="127.0.0.1", query="token=s3cret")
    assert pages.answer(asked).status == 401, "in a URL it would be in every log"
    assert pages.answer(replace(asked, private=True)).status == 200


def test_a_token_from_a_file_of_secrets_may_end_its_line() -> None:
    bearer = {"authorization": "Bearer s3cret"}
    asked = Request("/pprof/cmdline", peer="127.0.0.1", headers=bearer)
    assert Pages(access=Access("s3cret\n")).answer(asked).status == 200
