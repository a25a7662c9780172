"""When a circuit opens, probes and closes, with numbers for the time."""

from __future__ import annotations

import pytest

from snowshed.shed._circuit import Circuit, Rules, Ticket, time_open, why_open, will_close
from snowshed.shed._window import CallCounts, LastCalls, LastSeconds


def rules(**changed):
    figures = {
        "failure_rate": 0.5,
        "slow_call_rate": 0.8,
        "slow_call_duration": 1.0,
        "minimum_calls": 4,
        "probes": 4,
        "probe_timeout": 5.0,
        "open_for": 10.0,
        "backoff": 1.0,
        "max_open_for": 300.0,
        "jitter": 0.0,
    }
    return Rules(**(figures | changed))


class Driven:
    """A circuit with a hand on its clock."""

    def __init__(self, window=None, **changed):
        self.changes = []
        self.circuit = Circuit(
            rules(**changed),
            window or LastCalls(10),
            draw=lambda: 0.5,
            on_change=lambda *change: self.changes.append(change),
        )
        self.now = 100.0

    def begin(self):
        return self.circuit.admit(self.now)

    def end(self, ticket, *, failed=False, after=0.0):
        self.now += after
        self.circuit.record(ticket, failed=failed, now=self.now)

    def call(self, *, failed=False, took=0.0):
        ticket = self.begin()
        if ticket is not None:
            self.end(ticket, failed=failed, after=took)
        return ticket

    def calls(self, n, **how):
        return sum(self.call(**how) is not None for _ in range(n))

    @property
    def state(self):
        return self.circuit.look(self.now)


@pytest.fixture
def opened():
    driven = Driven()
    driven.calls(4, failed=True)
    assert driven.state == "open"
    return driven


@pytest.fixture
def half_open(opened):
    opened.now += 10
    assert opened.state == "half_open"
    return opened


def test_it_opens_at_the_failure_rate_and_not_below():
    driven = Driven()
    driven.calls(3)
    driven.calls(2, failed=True)
    assert driven.state == "closed"
    driven.calls(1, failed=True)
    assert driven.state == "open"
    assert driven.circuit.why == "3 of 6 calls failed (limit 50%)"


def test_it_never_opens_under_the_minimum_of_calls():
    driven = Driven()
    driven.calls(3, failed=True)
    assert driven.state == "closed"
    driven.calls(1, failed=True)
    assert driven.state == "open"


def test_slow_calls_open_it_though_they_succeed():
    driven = Driven()
    driven.calls(1)
    driven.calls(3, took=1.001)
    assert driven.state == "closed"
    driven.calls(1, took=1.001)
    assert driven.state == "open"
    assert driven.circuit.why == "4 of 5 calls took more than 1 s (limit 80%)"


def test_a_call_of_just_the_slow_duration_is_not_slow():
    driven = Driven()
    driven.calls(20, took=1.0)
    assert driven.state == "closed"


def test_a_failure_that_has_left_the_window_is_forgotten():
    driven = Driven()
    driven.calls(4)
    for _ in range(10):
        driven.calls(3, failed=True)
        driven.calls(7)
    assert driven.state == "closed"


def test_a_window_of_seconds_forgets_by_time():
    driven = Driven(LastSeconds(10.0))
    driven.calls(3, failed=True)
    driven.now += 11
    driven.calls(1, failed=True)
    assert driven.state == "closed"
    driven.calls(3, failed=True)
    assert driven.state == "open"


def test_open_refuses_until_its_time_is_over(opened):
    assert opened.begin() is None
    assert opened.circuit.retry_after(opened.now) == 10
    opened.now += 9.999
    assert opened.begin() is None
    opened.now += 0.001
    assert opened.begin() is not None


def test_the_state_is_true_though_nobody_calls(opened):
    """resilience4j stays OPEN for as long as no call comes (#279), which health checks report."""
    opened.now += 1000
    assert opened.state == "half_open"
    assert opened.changes[-1][:2] == ("open", "half_open")


def test_half_open_lets_as_many_through_as_it_has_probes(half_open):
    """resilience4j#1432, App-vNext/Polly#216: more calls than permitted went through at once."""
    tickets = [half_open.begin() for _ in range(20)]
    assert sum(ticket is not None for ticket in tickets) == 4
    assert all(ticket.probe for ticket in tickets if ticket)
    assert half_open.circuit.refusal(half_open.now) == (
        "4 probes are out and have not answered",
        5.0,
    )


def test_good_probes_close_it_with_an_empty_window(half_open):
    half_open.calls(3)
    assert half_open.state == "closed"
    half_open.calls(3, failed=True)
    assert half_open.state == "closed"
    half_open.calls(1, failed=True)
    assert half_open.state == "open"


def test_failed_probes_open_it_again(half_open):
    half_open.calls(2, failed=True)
    assert half_open.state == "open"
    assert half_open.circuit.why == "2 of 2 probes failed (limit 50%)"
    assert half_open.circuit.opened == 2


def test_slow_probes_open_it_again():
    driven = Driven(slow_call_rate=0.5)
    driven.calls(4, failed=True)
    driven.now += 10
    driven.calls(2, took=2.0)
    assert driven.state == "open"
    assert driven.circuit.why == "2 of 2 probes took more than 1 s (limit 50%)"


def test_one_slow_probe_does_not_hold_up_what_is_certain(half_open):
    """resilience4j waits for all of them (#343, #903): one that hangs keeps the others' word."""
    half_open.begin()
    half_open.calls(3)
    assert half_open.state == "closed"


def test_a_probe_that_never_answers_counts_as_failed_in_time(half_open):
    """resilience4j#935, OmniRoute#13836: stuck in HALF_OPEN, for six days."""
    half_open.begin(), half_open.begin()
    half_open.now += 4.999
    assert half_open.state == "half_open"
    half_open.now += 0.001
    assert half_open.state == "open"
    assert half_open.circuit.lost == 2
    half_open.now += 10
    half_open.calls(3)
    assert half_open.state == "closed"


def test_a_probe_is_lost_when_its_time_is_over_and_not_when_somebody_looks(half_open):
    half_open.begin(), half_open.begin()
    half_open.now += 5 + 9.999
    assert half_open.state == "open"
    assert half_open.circuit.retry_after(half_open.now) == pytest.approx(0.001)
    half_open.now += 0.002
    assert half_open.state == "half_open"


def test_a_lost_probe_that_answers_at_last_counts_once(half_open):
    lost = half_open.begin()
    half_open.now += 5
    assert half_open.state == "half_open"
    half_open.end(lost)
    assert half_open.circuit.counts(half_open.now) == CallCounts(1, 1, 1)
    assert half_open.circuit.late == 1


def test_a_probe_that_is_given_back_frees_its_place(half_open):
    tickets = [half_open.begin() for _ in range(4)]
    assert half_open.begin() is None
    half_open.circuit.give_back(tickets[1])
    assert half_open.begin() is not None
    assert half_open.begin() is None


def test_what_was_begun_before_it_opened_does_not_close_it():
    """maverick-mcp#272: an older call that succeeded cleared the open state and its cooldown."""
    driven = Driven()
    old = [driven.begin() for _ in range(5)]
    driven.calls(4, failed=True)
    driven.end(old.pop())
    assert driven.state == "open"
    driven.now += 10
    for ticket in old:
        driven.end(ticket)
    assert driven.state == "half_open"
    assert driven.circuit.counts(driven.now) == CallCounts(0, 0, 0)
    assert driven.circuit.late == 5


def test_what_was_begun_before_it_opened_does_not_open_it_again():
    """App-vNext/Polly#217: calls that overhang into HALF_OPEN decided instead of its probes."""
    driven = Driven()
    old = [driven.begin() for _ in range(5)]
    driven.calls(4, failed=True)
    driven.now += 10
    for ticket in old:
        driven.end(ticket, failed=True)
    assert driven.state == "half_open"
    driven.calls(3)
    assert driven.state == "closed"


def test_each_opening_in_a_row_lasts_longer_up_to_the_limit_and_a_close_ends_the_row():
    driven = Driven(backoff=2.0, max_open_for=35.0)
    driven.calls(4, failed=True)
    lasted = []
    for _ in range(4):
        lasted.append(driven.circuit.retry_after(driven.now))
        driven.now += lasted[-1]
        driven.calls(2, failed=True)
    assert lasted == [10, 20, 35, 35]
    driven.now += 35
    driven.calls(3)
    driven.calls(4, failed=True)
    assert driven.circuit.retry_after(driven.now) == 10


def test_a_reset_by_hand_ends_the_row():
    driven = Driven(backoff=2.0)
    driven.calls(4, failed=True)
    driven.now += 10
    driven.calls(2, failed=True)
    assert driven.circuit.retry_after(driven.now) == 20
    driven.circuit.force("closed", "by hand")
    driven.calls(4, failed=True)
    assert driven.circuit.retry_after(driven.now) == 10


def test_jitter_only_shortens():
    figures = rules(jitter=0.4)
    assert time_open(figures, 1, 0.0) == 10
    assert time_open(figures, 1, 1.0) == 6
    assert time_open(rules(backoff=10.0, max_open_for=300.0), 10**9, 0.0) == 300
    assert time_open(rules(open_for=600.0), 1, 0.0) == 600


@pytest.mark.parametrize(
    ("counts", "closes", "opens"),
    [
        (CallCounts(0, 0, 0), False, False),
        (CallCounts(2, 0, 0), False, False),  # two more may fail
        (CallCounts(3, 0, 0), True, False),
        (CallCounts(3, 1, 0), False, False),
        (CallCounts(4, 1, 0), True, False),
        (CallCounts(2, 2, 0), False, True),
        (CallCounts(4, 0, 3), True, False),
        (CallCounts(4, 0, 4), False, True),
    ],
)
def test_the_half_open_state_ends_when_its_outcome_is_certain(counts, closes, opens):
    figures = rules()
    assert will_close(counts, figures) is closes
    assert (why_open(counts, figures, figures.probes, "probes") is not None) is opens


@pytest.mark.parametrize("probes", range(1, 12))
@pytest.mark.parametrize("rate", [0.01, 0.3, 0.5, 0.99, 1.0])
def test_when_all_probes_have_answered_it_is_decided(probes, rate):
    figures = rules(probes=probes, failure_rate=rate)
    for failed in range(probes + 1):
        counts = CallCounts(probes, failed, 0)
        opens = why_open(counts, figures, probes, "probes") is not None
        assert opens is (failed / probes >= rate)
        assert will_close(counts, figures) is not opens


def test_forced_open_stays_open_and_disabled_judges_nothing():
    driven = Driven()
    driven.circuit.force("forced_open", "by hand")
    driven.now += 1e6
    assert driven.calls(5) == 0
    assert driven.circuit.retry_after(driven.now) == 10
    driven.circuit.force("disabled", "by hand")
    assert driven.calls(50, failed=True) == 50
    assert driven.state == "disabled"
    driven.circuit.force("closed", "by hand")
    driven.calls(3, failed=True)
    assert driven.state == "closed"


def test_each_change_is_told_with_its_reason(half_open):
    half_open.calls(3)
    half_open.calls(1, failed=True)
    assert [change[:2] for change in half_open.changes] == [
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
    ]
    assert half_open.changes[2][2] == "of 3 probes 0 failed and 0 were slow"


def figures(circuit, now):
    return (
        circuit.state,
        circuit.why,
        circuit.counts(now),
        circuit.retry_after(now),
        circuit.probes_out,
        (circuit.late, circuit.lost, circuit.opened),
    )


@pytest.mark.parametrize("passed", [0.0, 4.9, 5.0, 9.9, 10.0, 30.0])
@pytest.mark.parametrize("probes", [0, 1, 2, 3])
@pytest.mark.parametrize("of_seconds", [False, True])
def test_what_is_seen_is_what_will_be_and_does_not_do_it(passed, probes, of_seconds):
    driven = Driven(window=LastSeconds(10.0) if of_seconds else None, jitter=0.3)
    driven.calls(4, failed=True)
    driven.now += 10
    for _ in range(probes):
        driven.begin()
    driven.now += passed
    changes = list(driven.changes)
    seen = figures(driven.circuit.seen(driven.now), driven.now)
    assert driven.changes == changes
    driven.circuit.look(driven.now)
    assert figures(driven.circuit, driven.now) == seen


class TakesOutOthers(Ticket):
    """A probe at whose look the collector drops another one."""

    def __init__(self, circuit, other):
        self.circuit, self.other = circuit, other
        self.generation, self.probe = circuit._generation, True

    @property
    def started(self):
        self.circuit.give_back(self.other)
        return 0.0


def test_a_probe_that_is_dropped_while_others_are_looked_at_is_no_error():
    driven = Driven()
    driven.calls(4, failed=True)
    driven.now += 10
    for _ in range(3):
        last = driven.begin()
    first = TakesOutOthers(driven.circuit, last)
    driven.circuit._out = {first: True, **driven.circuit._out}
    driven.now += 4
    assert driven.state == "half_open"
    assert driven.circuit.lost == 1
    assert driven.circuit.retry_after(driven.now) == 1.0
