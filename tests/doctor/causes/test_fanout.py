from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor._dumps import goroutine, look
from doctor._family_dumps import ACCEPTS, idle, in_group, serves, tasks
from snowshed.doctor import diagnose
from snowshed.doctor._case import Case
from snowshed.doctor.causes.fanout import suspicions
from snowshed.model import Finding, Severity

if TYPE_CHECKING:
    from snowshed.doctor._cause import Suspicion


def suspected(*dumps: list[str]) -> list[Suspicion]:
    return [*suspicions(Case([look(ACCEPTS, *each) for each in dumps]))]


def wide(request: int, count: int) -> list[str]:
    begin = 1000 * request
    return [serves(request, "main.search:75"), *tasks(range(begin, begin + count), request)]


def fanouts(*dumps: list[str]) -> list[Finding]:
    found = diagnose([look(ACCEPTS, *each) for each in dumps]).findings
    return [each for each in found if each.detail == "fanout"]


def test_a_request_with_too_many_is_told_with_the_line_and_who_waits() -> None:
    (found,) = suspected(wide(4, 200))
    assert found.of_one_request == 200
    assert found.evidence == (
        "goroutine 4 has 200 at once that were started at /srv/shop/main.go:10 main.search",
    )
    (related,) = found.related
    assert (related.at.line, related.message) == (75, "goroutine 4 waits for them here")


def test_it_is_medium_in_a_single_look() -> None:
    (found,) = fanouts(wide(4, 200))
    assert (found.severity, found.count) == (Severity.MEDIUM, 200)
    assert found.created_by is not None


def test_a_bounded_fan_out_is_none() -> None:
    assert not suspected([each for n in range(4, 40) for each in wide(n, 8)])
    assert not suspected(wide(4, 50))


def test_numbers_that_differ_are_those_of_the_data_and_equal_ones_may_be_a_limit() -> None:
    (differ,) = suspected([*wide(4, 200), *wide(5, 70), *wide(6, 8)])
    assert differ.evidence[1:] == (
        "2 requests have more than 50 of them each",
        "from 70 to 200: as many as there is to do",
    )
    assert differ.against == ()
    (equal,) = suspected([*wide(4, 64), *wide(5, 64), *wide(6, 64)])
    assert equal.against == ("each of 3 requests has the same number: it may be a limit",)
    assert equal.confidence < differ.confidence


def test_numbers_that_differ_by_a_few_are_those_of_tasks_that_have_ended() -> None:
    (found,) = suspected([*wide(4, 200), *wide(5, 199), *wide(6, 170)])
    assert (len(found.evidence), found.against) == (2, ())


def test_a_handler_of_a_library_may_wait_for_what_the_program_does_in_it() -> None:
    waits = serves(4, "github.com/x/parallel.Each:9")
    waits = waits.replace("/srv/shop/main.go", "/go/pkg/mod/github.com/x/parallel@v1.0/each.go")
    jobs = [
        goroutine(n, "sleep", "main.(*job).run:9", created="sync.(*WaitGroup).Go in goroutine 4")
        for n in range(1000, 1100)
    ]
    (found,) = suspected([waits, *jobs])
    assert found.related == ()


def test_tasks_in_many_places_are_one_fan_out_told_where_most_of_them_are() -> None:
    dump = [
        serves(4, "main.search:75"),
        *tasks(range(1000, 1040), 4),
        *tasks(range(1040, 1070), 4, state="select"),
        *tasks(range(1070, 1080), 4, state="chan send"),
    ]
    (found,) = suspected(dump)
    assert (found.of_one_request, found.group.count) == (80, 40)
    (finding,) = fanouts(dump)
    assert finding.severity is Severity.MEDIUM


def test_what_a_group_starts_is_told_at_the_line_of_the_program() -> None:
    (found,) = suspected([serves(4, "main.search:75"), *in_group(range(1000, 1100), 4)])
    assert "/srv/shop/main.go:75 main.search" in found.evidence[0]


def test_a_request_that_has_ended_is_told_with_what_it_left() -> None:
    dump = [serves(4, "main.search:75"), *tasks(range(1000, 1100), 7)]
    (found,) = suspected(dump)
    assert found.evidence[1] == "the request itself has ended, and they go on"


@pytest.mark.parametrize(
    "dump",
    [
        [*tasks(range(100, 300), 1, "main.main", "chan receive")],
        [*map(idle, range(100, 1100))],
        [idle(4), *tasks(range(100, 300), 4, "main.startWorkers", "chan receive")],
        [serves(5, "main.search:75"), *tasks(range(100, 300), 4, "main.setUp", "chan receive")],
        [
            goroutine(
                n,
                "IO wait",
                "net/http.(*persistConn).readLoop:9",
                created="net/http.(*Transport).dialConn in goroutine 4",
            )
            for n in range(100, 400)
        ],
    ],
    ids=["workers of main", "keep-alive", "workers of a request", "of one that ended", "client"],
)
def test_who_is_well_is_not_told(dump: list[str]) -> None:
    assert not suspected(dump)
    assert not suspected(dump, dump)


def consumer(count: int, first: int = 100) -> list[str]:
    reads = goroutine(5, "chan receive", "main.consume:9")
    return [reads, *tasks(range(first, first + count), 5, "main.consume")]


def test_a_loop_that_is_no_request_is_told_as_it_grows_and_the_old_ones_stay() -> None:
    assert not suspected(consumer(200))
    (found,) = suspected(consumer(100), consumer(200))
    assert found.growth is not None
    assert found.growth.counts == (100, 200)
    assert found.evidence == ("goroutine 5 has started 200 that live at once",)
    (finding,) = fanouts(consumer(100), consumer(200))
    assert finding.severity is Severity.MEDIUM


def test_a_loop_whose_tasks_come_and_go_is_busy() -> None:
    assert not suspected(consumer(100), consumer(200, first=1000))
    assert not suspected([], consumer(200))


def test_jobs_that_are_no_requests_are_worth_a_word_if_their_sizes_differ() -> None:
    def jobs(*sizes: int) -> list[str]:
        found = []
        for job, size in enumerate(sizes, 10):
            wait = ("sync.(*WaitGroup).Wait:116", "main.convert:75")
            found.append(goroutine(job, "sync.WaitGroup.Wait", *wait))
            found += tasks(range(1000 * job, 1000 * job + size), job, "main.convert")
        return found

    assert not suspected(jobs(200))
    assert not suspected(jobs(100, 100, 100))
    (found,) = suspected(jobs(60, 200))
    assert found.evidence == ("2 goroutines have started from 60 to 200 each, and are at it",)
    (finding,) = fanouts(jobs(60, 200))
    assert finding.severity is Severity.LOW


def test_more_connections_of_a_server_are_no_fan_out() -> None:
    def server(count: int) -> list[str]:
        accepts = goroutine(5, "IO wait", "net.(*TCPListener).Accept:380", "main.serve:9")
        return [accepts, *tasks(range(100, 100 + count), 5, "main.newClient", "IO wait")]

    assert not suspected(server(100), server(200))


def test_workers_that_become_busy_are_no_more_than_before() -> None:
    def pool(busy: int) -> list[str]:
        return [
            *tasks(range(100, 100 + busy), 1, "main.main", "IO wait"),
            *tasks(range(100 + busy, 300), 1, "main.main", "chan receive"),
        ]

    assert not suspected(pool(10), pool(190))
    assert not fanouts(pool(10), pool(190))


def test_what_is_proven_to_wait_for_ever_has_a_cause_of_its_own() -> None:
    leaked = [*tasks(range(1000, 1100), 4, state="chan send (leaked)")]
    (found,) = suspected([serves(4, "main.search:75"), *leaked])
    assert found.confidence == 0.3
