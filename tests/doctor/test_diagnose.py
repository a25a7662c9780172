from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor._dumps import goroutine, look, of_file
from doctor._family_dumps import ACCEPTS, serves, tasks
from snowshed.doctor import diagnose
from snowshed.doctor._case import Case, Growth
from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._diagnose import judge
from snowshed.model import Cause, Finding, Severity

if TYPE_CHECKING:
    from snowshed.doctor._cause import Looks

DETAIL = Detail("made-up", Cause.MISSING_DEADLINE, why="it is", go="do this", python="do that")


def suspects(**changed: Any) -> Looks:
    """A cause that suspects every group."""

    def suspicions(case: Case) -> Iterator[Suspicion]:
        for group in case.groups:
            yield Suspicion(DETAIL, group, 0.5, **changed)

    return suspicions


def stuck(*numbers: int) -> list[str]:
    return [goroutine(number, "chan send", "main.notify:5") for number in numbers]


def severity(*looks: list[str], **changed: Any) -> Severity:
    ask = [suspects(**changed)]
    (finding,) = judge(Case([look(*each) for each in looks]), ask).findings
    return finding.severity


def test_one_look_earns_no_more_than_low() -> None:
    assert severity(stuck(*range(4000))) is Severity.LOW


def test_growth_earns_medium_and_growth_that_goes_on_high() -> None:
    few, more, most = stuck(*range(10)), stuck(*range(40)), stuck(*range(90))
    assert severity(few, more) is Severity.MEDIUM
    assert severity(few, more, most) is Severity.HIGH
    assert severity(few, most, most) is Severity.MEDIUM
    assert severity(most, few) is Severity.LOW


def test_more_of_those_that_somebody_waits_for_may_just_be_more_to_do() -> None:
    few, more, most = stuck(*range(10)), stuck(*range(40)), stuck(*range(90))
    assert severity(few, more, most, awaited=True) is Severity.LOW
    looks = [look(*each) for each in (few, more)]
    (finding,) = judge(Case(looks), [suspects(awaited=True)]).findings
    assert finding.against[0].startswith("10 -> 40 from look to look, but who made them waits for")


def test_who_came_since_the_list_before_is_growth_if_they_are_many_or_old() -> None:
    nobody = [goroutine(1, "select", "main.main:3", created="")]
    assert severity([*nobody, *stuck(2)], stuck(*range(10, 100))) is Severity.LOW
    ask = [suspects()]

    def of(*goroutines: str) -> Finding:
        found = judge(Case([look(*nobody), look(*nobody, *goroutines)]), ask).findings
        return next(each for each in found if each.state == "chan send")

    assert of(*stuck(*range(10, 100))).severity is Severity.MEDIUM
    few = of(*stuck(*range(10, 40)))
    assert few.severity is Severity.LOW
    (against,) = few.against
    assert against.startswith(
        "0 -> 30 from look to look, but nobody stood there in the list before"
    )
    old = [goroutine(number, "chan send, 3 minutes", "main.notify:5") for number in range(10, 40)]
    assert of(*old).severity is Severity.MEDIUM


def test_workers_that_have_run_out_of_work_are_not_more() -> None:
    def pool(idle: int) -> list[str]:
        waits = [goroutine(n, "select", "main.next:5", "main.work:9") for n in range(idle)]
        busy = [goroutine(n, "sleep", "time.Sleep:1", "main.work:9") for n in range(idle, 40)]
        return waits + busy

    looks = [look(*pool(count)) for count in (4, 20, 40)]
    found = judge(Case(looks), [suspects()]).findings
    (idle,) = (each for each in found if each.state == "select")
    assert idle.severity is Severity.LOW
    assert idle.against[0].startswith("4 -> 20 -> 40 from look to look, but no more have begun")


def test_age_over_two_looks_counts_where_waiting_is_wrong() -> None:
    def of(first: list[str], second: list[str], **changed: Any) -> Severity:
        return severity(first, second, **{"waiting_is_wrong": True, **changed})

    many = stuck(*range(2, 14))
    assert of(many, many) is Severity.MEDIUM
    assert of(many, many, waiting_is_wrong=False) is Severity.LOW
    assert of(many, stuck(*range(102, 114))) is Severity.LOW
    # Workers that come back to the same place are busy, and one that always waits is held back.
    assert of(many, stuck(*range(4, 16))) is Severity.LOW
    assert of(stuck(2), stuck(2)) is Severity.LOW
    old = [goroutine(2, "chan send, 9 minutes", "main.notify:5")]
    assert of(old, old) is Severity.MEDIUM


def test_proof_earns_high() -> None:
    assert severity(stuck(2), proven=True) is Severity.HIGH
    assert severity([goroutine(2, "chan send (leaked)", "main.notify:5")]) is Severity.HIGH
    asleep = "fatal error: all goroutines are asleep - deadlock!\n"
    assert severity([asleep, *stuck(2)]) is Severity.HIGH


def test_evidence_adds_up_and_is_told_the_strongest_first() -> None:
    first, second = stuck(*range(10)), stuck(*range(60))
    ask = [suspects(waiting_is_wrong=True, evidence=("by its shape",), against=("it may be slow",))]
    (finding,) = judge(Case([look(*first), look(*second)]), ask).findings
    assert finding.evidence == (
        "10 -> 60 from look to look",
        "10 of them stood there in the look before, too",
        "by its shape",
    )
    assert finding.against == ("it may be slow",)
    assert finding.confidence == 0.82  # 1 - 0.5 * 0.7 * 0.5


def test_nobody_is_quite_sure() -> None:
    leaked = [goroutine(2, "chan receive (nil chan) (leaked)", "main.take:5")]
    (finding,) = diagnose([look(*leaked)]).findings
    assert finding.confidence == 0.99


def test_of_several_suspicions_of_a_group_the_surest_is_told() -> None:
    surer = Detail("surer", Cause.CHANNEL_CASCADE, why="it is", go="do the other")

    def second(case: Case) -> Iterator[Suspicion]:
        for group in case.groups:
            yield Suspicion(surer, group, 0.6)

    (finding,) = judge(Case([look(*stuck(2))]), [suspects(), second]).findings
    assert finding.detail == "surer"


def test_the_worst_comes_first_and_of_equal_ones_the_largest() -> None:
    found = diagnose([of_file("leak2.txt")])
    ranks = [(each.severity.rank, each.count) for each in found.findings]
    assert ranks == sorted(ranks, reverse=True)
    assert found.worst is Severity.HIGH


def test_advice_is_for_the_language() -> None:
    def advice(file: str) -> str:
        where = look(goroutine(2, "chan send", "notify:5", file=file))
        (finding,) = judge(Case([where]), [suspects()]).findings
        return finding.advice

    assert advice("/srv/shop/main.go") == "do this"
    assert advice("/srv/shop/app.py") == "do that"


def test_some_ids_are_told() -> None:
    (finding,) = judge(Case([look(*stuck(*range(100, 200)))]), [suspects()]).findings
    assert finding.goroutines == tuple(range(100, 120))


def test_nothing_is_nothing() -> None:
    found = diagnose([look(goroutine(1, "running", "main.main:1"))], warnings=["cut off"])
    assert (found.total, found.findings, found.worst) == (1, (), None)
    assert found.warnings == ("cut off",)


def test_growth_of_those_who_go_on_is_no_growth() -> None:
    def judged(*looks: list[str]) -> Finding:
        return judge(Case([look(*each) for each in looks]), [suspects()]).findings[0]

    busy = judged(stuck(*range(100, 110)), stuck(*range(200, 260)))
    assert busy.severity is Severity.LOW
    assert busy.against == (
        "10 -> 60 from look to look, but 100% of those of the list before are not there now",
    )
    leaking = judged(stuck(*range(100, 110)), stuck(*range(100, 160)))
    assert (leaking.severity, leaking.against) == (Severity.MEDIUM, ())


def test_what_a_cause_has_seen_twice_or_grow_by_itself_earns_its_severity() -> None:
    case = Case([look(*stuck(1))])

    def asked(**more: Any) -> Finding:
        return judge(case, [suspects(**more)]).findings[0]

    assert asked().severity is Severity.LOW
    assert asked(lasts=True).severity is Severity.MEDIUM
    grown = asked(growth=Growth((5, 40), 10.0))
    assert (grown.severity, grown.evidence[0]) == (
        Severity.MEDIUM,
        "5 -> 40 in 10 s, +210 a minute",
    )
    assert asked(growth=Growth((5, 6))).severity is Severity.LOW


def test_more_than_fifty_of_one_request_earn_medium() -> None:
    def judged(count: int, parent: int = 4) -> Finding:
        search = [ACCEPTS, serves(4, "main.search:75"), *tasks(range(100, 100 + count), parent)]
        found = judge(Case([look(*search)]), [suspects()]).findings
        return next(each for each in found if each.at.function == "main.search.func1")

    many, few = judged(51), judged(50)
    assert (many.severity, few.severity) == (Severity.MEDIUM, Severity.LOW)
    assert many.evidence == ("51 of them work for one request, goroutine 4",)
    assert few.evidence == ()
    # Workers that main has started are no request.
    assert judged(500, parent=1).severity is Severity.LOW


def test_what_requests_hold_and_what_was_created_where_is_told_of_lists() -> None:
    search = [ACCEPTS, serves(4, "main.search:75"), *tasks(range(100, 200), 4)]
    found = diagnose([look(*search)])
    assert found.requests is not None
    assert (found.requests.over, found.requests.worst[0].count) == (1, 100)
    assert sum(each.total for each in found.spawned) == 102
    untold = diagnose([of_file("proto.pb.gz")])
    assert (untold.requests, untold.spawned) == (None, ())
    # Tasks of Python have lines that made them, and no parents.
    python = diagnose([look(goroutine(7, "sleep", "order:9", file="/srv/app.py", created="serve"))])
    assert (python.requests, len(python.spawned)) == (None, 1)
