"""Who may say how critical a request is, and that lower classes go first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.shed._criticality import (
    CLASS_THRESHOLDS,
    HOSTS_AT_MOST,
    ClassGate,
    ClassGateStatistics,
    Criticality,
    Threshold,
    TrustedPeers,
    effective,
    parse_criticality,
)

SHEDDABLE, SHEDDABLE_PLUS, CRITICAL, CRITICAL_PLUS = Criticality
CLASSES = st.sampled_from(Criticality)
PRESSURES = st.floats(0, 1.5) | st.sampled_from([0.65, 0.75, 0.8, 0.9, 1.0, 1.1])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("critical-plus", CRITICAL_PLUS),
        (b"critical-plus", CRITICAL_PLUS),
        (b"critical", CRITICAL),
        (b"sheddable-plus", SHEDDABLE_PLUS),
        (b"sheddable", SHEDDABLE),
        (b" SHEDDABLE_PLUS ", SHEDDABLE_PLUS),
        ("Critical", CRITICAL),
        (b"", None),
        (b"urgent", None),
        (b"\xff\xfe", None),
        (b" " * 100_000 + b"critical", None),
        ("3", None),
    ],
)
def test_a_header_names_a_class_or_is_ignored(value, found):
    assert parse_criticality(value) is found


@given(st.binary() | st.text())
def test_no_header_is_an_error(value):
    assert parse_criticality(value) in {None, *Criticality}


def test_nothing_said_is_critical():
    assert effective(None, None, trusted=False) is CRITICAL
    assert effective(SHEDDABLE, None, trusted=True) is SHEDDABLE


def test_a_trusted_peer_can_raise_a_class():
    assert effective(SHEDDABLE, CRITICAL_PLUS, trusted=True) is CRITICAL_PLUS
    assert effective(None, CRITICAL_PLUS, trusted=True) is CRITICAL_PLUS


@given(CLASSES | st.none(), CLASSES)
def test_a_stranger_can_only_lower_it(declared, asked):
    found = effective(declared, asked, trusted=False)
    assert found <= (CRITICAL if declared is None else declared)
    assert found == min(effective(declared, None, trusted=False), asked)


def test_peers_are_trusted_by_network():
    peers = TrustedPeers(["10.0.0.0/8", "127.0.0.1", "fd00::/8"])
    assert peers.trusts("10.1.2.3")
    assert peers.trusts("127.0.0.1")
    assert peers.trusts("fd12::1")
    assert peers.trusts("::ffff:10.1.2.3")
    assert not peers.trusts("11.1.2.3")
    assert not peers.trusts("127.0.0.2")
    assert not peers.trusts("::ffff:11.1.2.3")
    assert not peers.trusts("testclient")


def test_a_peer_without_an_address_is_trusted_by_name():
    assert not TrustedPeers(["0.0.0.0/0", "::/0"]).trusts(None)
    assert not TrustedPeers(["0.0.0.0/0", "::/0"]).trusts("")
    assert TrustedPeers(["unix"]).trusts(None)
    assert not TrustedPeers(["unix"]).trusts("unix")


def test_nobody_is_trusted_unless_named():
    assert not TrustedPeers()
    assert not TrustedPeers().trusts("127.0.0.1")
    assert TrustedPeers(["unix"])
    assert repr(TrustedPeers()) == "<TrustedPeers nobody>"
    assert repr(TrustedPeers(["unix", "10.0.0.0/8"])) == "<TrustedPeers 10.0.0.0/8, unix>"


def test_a_wrong_network_says_what_is_accepted():
    with pytest.raises(ValueError, match=r"trusted peer '10.0.0.1/8': .*write a network such as"):
        TrustedPeers(["10.0.0.1/8"])


def test_what_it_remembers_of_peers_is_bounded_and_right():
    peers = TrustedPeers(["10.0.0.0/8"])
    for number in range(3 * HOSTS_AT_MOST):
        host = f"{10 + number % 2}.0.{number // 256 % 256}.{number % 256}"
        assert peers.trusts(host) is peers.trusts(host) is (number % 2 == 0)
        assert len(peers._known) <= HOSTS_AT_MOST
    before = len(peers._known)
    assert not peers.trusts("x" * 10_000)
    assert len(peers._known) == before


@pytest.mark.parametrize(
    ("criticality", "last", "first"),
    [(SHEDDABLE, 0.79, 0.80), (SHEDDABLE_PLUS, 0.89, 0.90), (CRITICAL, 0.99, 1.0)],
)
def test_each_class_goes_at_its_pressure(criticality, last, first):
    assert ClassGate().allows(criticality, last)
    assert not ClassGate().allows(criticality, first)


def test_the_highest_class_may_overdraw_by_a_tenth():
    gate = ClassGate()
    assert gate.allows(CRITICAL_PLUS, 1.09)
    assert not gate.allows(CRITICAL, 1.09)
    assert not gate.allows(CRITICAL_PLUS, 1.1)
    assert gate.statistics().lowest is None


def test_a_class_that_went_comes_back_well_below():
    gate = ClassGate()
    assert not gate.allows(SHEDDABLE, 0.80)
    assert not gate.allows(SHEDDABLE, 0.65)
    assert gate.allows(SHEDDABLE, 0.649)
    assert gate.allows(SHEDDABLE, 0.79)


def test_the_pressure_is_seen_whoever_asks():
    gate = ClassGate()
    assert gate.allows(CRITICAL, 0.95)
    assert not gate.allows(SHEDDABLE, 0.7)


@given(st.lists(st.tuples(CLASSES, PRESSURES)), PRESSURES)
def test_whoever_is_admitted_so_is_everybody_above(history, pressure):
    """After any history, and at any pressure, no request is refused for one of a lower class."""
    gates = [ClassGate() for _ in Criticality]
    for criticality, before in history:
        for gate in gates:
            gate.allows(criticality, before)
    admitted = [gates[each].allows(each, pressure) for each in Criticality]
    assert admitted == sorted(admitted)


@given(st.lists(st.tuples(CLASSES, PRESSURES), max_size=60))
def test_each_class_obeys_its_own_hysteresis(history):
    """The state of four classes is one number; four switches are the model."""
    gate, shut = ClassGate(), dict.fromkeys(Criticality, False)
    for criticality, pressure in history:
        for each, (refuse_from, admit_below) in zip(Criticality, CLASS_THRESHOLDS, strict=True):
            if pressure >= refuse_from:
                shut[each] = True
            elif pressure < admit_below:
                shut[each] = False
        assert gate.allows(criticality, pressure) is not shut[criticality]


def test_statistics_count_the_refused_by_class():
    gate = ClassGate()
    for criticality in (SHEDDABLE, SHEDDABLE, SHEDDABLE_PLUS, CRITICAL):
        gate.allows(criticality, 0.95)
    assert gate.statistics() == ClassGateStatistics(
        lowest="critical",
        refused={"sheddable": 2, "sheddable-plus": 1, "critical": 0, "critical-plus": 0},
    )
    assert repr(gate) == "<ClassGate admits critical, refused 3>"


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ([Threshold(0.8, 0.6)], "4 thresholds, not 1"),
        ([Threshold(0.8, 0.9), *CLASS_THRESHOLDS[1:]], "class sheddable: .* is not accepted"),
        ([Threshold(0.95, 0.5), *CLASS_THRESHOLDS[1:]], "class sheddable-plus"),
        ([Threshold(0.8, 0.78), *CLASS_THRESHOLDS[1:]], "class sheddable-plus"),
        ([Threshold(0.8, 0.0), *CLASS_THRESHOLDS[1:]], "both positive"),
    ],
)
def test_thresholds_that_would_let_a_lower_class_pass_are_refused(thresholds, message):
    with pytest.raises(ValueError, match=message):
        ClassGate(thresholds)
