"""The counts of the last minute: by second, by route, by duration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.shed._meter import OTHER_ROUTES, Meter, Window, is_bucket


def test_a_window_has_the_last_whole_seconds_and_not_the_one_that_runs() -> None:
    meter = Meter(now=0.0)
    for second in range(20):
        meter.admitted("/", second + 0.5)
    assert meter.window(10, 19.9).admitted == 10
    assert meter.window(10, 20.0).admitted == 10
    assert meter.window(1, 20.0).admitted == 1
    assert meter.window(60, 20.0).admitted == 20


def test_what_is_older_than_the_window_is_gone_and_its_place_is_used_again() -> None:
    meter = Meter(now=0.0)
    meter.admitted("/", 5.0)
    assert meter.window(60, 6.0).admitted == 1
    assert meter.window(60, 66.0).admitted == 0
    meter.admitted("/", 5.0 + 61)
    assert meter.window(1, 67.0).admitted == 1


def test_rates_are_those_of_the_window() -> None:
    meter = Meter(now=100.0)
    for i in range(100):
        meter.admitted("/", 105.0)
        meter.finished("/", 105.0, 0.1, i < 25)
    for _ in range(50):
        meter.refused("/", 105.0, "limit")
    window = meter.window(10, 110.0)
    assert (window.offered, window.admitted, window.refused) == (150, 100, {"limit": 50})
    assert window.qps == 15.0
    assert window.error_rate == 0.25


def test_a_young_meter_divides_by_its_age() -> None:
    meter = Meter(now=100.0)
    for _ in range(30):
        meter.admitted("/", 100.5)
    assert meter.window(10, 102.0).qps == 15.0


def test_a_few_failures_at_night_are_no_high_rate() -> None:
    meter = Meter(now=0.0)
    meter.finished("/", 1.0, 0.1, True)
    assert meter.window(10, 5.0).error_rate == 0.05
    assert Meter(now=0.0).window(10, 5.0).error_rate == 0.0


def test_the_99th_percentile_of_nothing_depends_on_what_is_in_flight() -> None:
    meter = Meter(now=0.0)
    assert meter.window(10, 5.0).p99 == 0.0
    meter.admitted("/", 5.0)
    assert meter.window(10, 6.0).p99 is None
    meter.finished("/", 6.0, 0.1, False)
    assert meter.window(10, 30.0).p99 == 0.0


@given(st.lists(st.floats(1e-4, 100.0), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_percentile_is_off_by_no_more_than_a_bucket(times: list[float], share: float) -> None:
    meter = Meter(now=0.0)
    for seconds in times:
        meter.finished("/", 1.0, seconds, False)
    rank = -(-share * len(times) // 1)
    true = sorted(times)[max(int(rank), 1) - 1]
    found = meter.window(10, 5.0).percentile(share)
    assert found is not None
    assert true <= found * (1 + 1e-9)
    assert found <= true * 1.07


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e9, float("inf")])
def test_a_duration_that_cannot_be_is_counted_at_the_edge(seconds: float) -> None:
    meter = Meter(now=0.0)
    meter.finished("/", 1.0, seconds, False)
    found = meter.window(10, 5.0).p99
    assert found is not None
    assert found < 5000


def test_routes_are_apart_and_add_up() -> None:
    meter = Meter(now=0.0)
    meter.admitted("/a", 1.0)
    meter.admitted("/b", 1.0)
    meter.refused("/b", 1.0, "class")
    assert meter.window(10, 5.0, "/a").offered == 1
    assert meter.window(10, 5.0, "/b").offered == 2
    assert meter.window(10, 5.0).offered == 3
    assert meter.window(10, 5.0, "/never").offered == 0


def test_clients_cannot_make_it_grow() -> None:
    meter = Meter(routes=2, now=0.0)
    for i in range(1000):
        meter.admitted(f"/{i}", 1.0)
    assert meter.routes == ("/0", "/1", OTHER_ROUTES)
    assert meter.window(10, 5.0, OTHER_ROUTES).admitted == 998
    assert meter.window(10, 5.0).admitted == 1000
    assert repr(meter) == "<Meter: 2 routes, 1000 in flight, 998 overflowed>"


def test_windows_of_instances_add_up() -> None:
    total = Window(10.0, admitted=5, refused={"limit": 1}, finished=20, failed=2, latencies={1: 3})
    total.add(Window(9.0, admitted=1, refused={"limit": 2}, finished=20, latencies={1: 1, 2: 1}))
    assert total == Window(
        10.0, admitted=6, refused={"limit": 3}, finished=40, failed=2, latencies={1: 4, 2: 1}
    )
    assert total.error_rate == 0.05


def test_more_seconds_than_are_held_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 60 seconds, not 61"):
        Meter().window(61, 0.0)
    with pytest.raises(ValueError, match="not 0"):
        Meter().window(0, 0.0)


def test_a_clock_that_goes_back_counts_in_the_past_without_harm() -> None:
    meter = Meter(now=100.0)
    meter.admitted("/", 100.0)
    meter.admitted("/", 50.0)
    assert meter.window(10, 55.0).admitted == 1
    assert meter.window(10, 40.0).qps == 0.0


@pytest.mark.parametrize(("bucket", "most"), [(10**9, 4500.0), (-(10**9), 1e-5)])
def test_a_bucket_that_no_meter_counts_in_is_the_nearest_one(bucket: int, most: float) -> None:
    window = Window(10.0, finished=1, latencies={bucket: 1})
    assert window.p99 is not None
    assert 0 < window.p99 <= most
    assert not is_bucket(bucket)


@given(st.floats(allow_nan=False))
def test_whatever_is_counted_is_counted_in_a_bucket_of_a_meter(seconds: float) -> None:
    meter = Meter(now=0.0)
    meter.finished("/", 0.5, seconds, False)
    assert all(map(is_bucket, meter.window(10, 5.0).latencies))


def test_a_scanner_takes_no_place_for_longer_than_a_minute():
    meter = Meter(routes=3)
    for number in range(3):
        meter.admitted(f"/wp-{number}", 100.0)
        meter.finished(f"/wp-{number}", 100.0, 0.01, True)
    meter.admitted("/feed", 101.0)
    assert meter.statistics().overflowed == 1
    for second in range(102, 170):
        meter.window(5, second)
    meter.admitted("/feed", 170.0)
    assert "/feed" in meter.routes
    assert len(meter.routes) == 4


def test_a_route_with_requests_in_flight_keeps_its_place():
    meter = Meter(routes=1)
    meter.admitted("/slow", 100.0)
    meter.admitted("/feed", 300.0)
    assert meter.routes == ("/slow", OTHER_ROUTES)
