"""Samples to tell limits of, sane and hostile."""

from __future__ import annotations

from hypothesis import strategies as st

from snowshed.shed import Sample, Tick
from snowshed.shed._limits import OpenRequest


def sample(latency=0.010, *, inflight=20.0, dropped=False, now=100.0):
    """A request of 10 ms in a service that is as full as it may be."""
    return Sample(now, latency, 0.25, inflight, 1.0, dropped)


def told(limit, *samples):
    """Tell ``limit`` of samples one after the other; return what it says after each."""
    seen = []
    for each in samples:
        limit.on_sample(each)
        seen.append(limit.limit)
    return seen


# Of the two clusters of latency one is like a service, so that sequences have a trend to follow.
nanoseconds = st.integers(8_000_000, 40_000_000) | st.integers(1, 10_000_000_000)
requests = st.lists(
    st.tuples(nanoseconds, st.integers(0, 40) | st.integers(0, 1500), st.booleans()),
    max_size=200,
)

anything = st.floats() | st.sampled_from([0.0, -0.0, -1.0, 5e-324, 1e-12, 1e30, 1e300])
open_requests = st.builds(OpenRequest, anything, anything, anything)
hostile = st.lists(
    st.builds(Sample, anything, anything, anything, anything, anything, st.booleans())
    | st.builds(Tick, anything, anything, anything, st.lists(open_requests, max_size=12))
    | st.builds(sample, st.floats(0.001, 10.0), inflight=st.floats(0.0, 1e4), now=anything),
    max_size=100,
)


def tell(limit, item):
    if isinstance(item, Tick):
        limit.on_tick(item)
    else:
        limit.on_sample(item)
