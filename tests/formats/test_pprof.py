"""What we write, the real pprof and the protobuf library read alike; what they write, we read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from _go import go_tool_pprof
from snowshed.formats import pprof
from snowshed.model import Frame, Profile, Sample, ValueType

GOROUTINES = ValueType("goroutine", "count")
ACQUIRE = Frame("Lock.acquire", "/usr/lib/asyncio/locks.py", 113)
GET = Frame("Queue.get", "/usr/lib/asyncio/queues.py", 158)
HANDLER = Frame("shop.Cart.<locals>.add", "/srv/my shop/cart.py", 31)
CARTS = Profile(
    sample_types=(GOROUTINES,),
    samples=(
        Sample((ACQUIRE, HANDLER), (8000,), (("state", "lock"), ("request", "GET /cart/{id}"))),
        Sample((GET, HANDLER), (1500,), (("state", "queue get"), ("size", 64)), ("", "bytes")),
        Sample((), (7,), (("state", "created"),)),
    ),
    period_type=GOROUTINES,
    period=1,
    time_nanos=1_700_000_000_000_000_000,
    duration_nanos=5_000_000_000,
    comments=("taken by snowshed",),
    default_sample_type="goroutine",
)


def test_what_was_written_reads_as_it_was() -> None:
    assert pprof.read(pprof.write(CARTS)) == CARTS


def test_the_same_profile_is_written_as_the_same_bytes() -> None:
    assert pprof.write(CARTS) == pprof.write(CARTS)


def test_a_profile_is_read_without_gzip_too() -> None:
    assert pprof.read(gzip.decompress(pprof.write(CARTS))) == CARTS


@pytest.fixture
def carts(tmp_path: Path) -> Path:
    path = tmp_path / "carts.pb.gz"
    path.write_bytes(pprof.write(CARTS))
    return path


def test_pprof_lists_the_functions_with_their_totals(carts: Path) -> None:
    top = go_tool_pprof("-top", "-cum", carts)
    assert "Type: goroutine" in top
    assert "9507" in top
    assert "shop.Cart.<locals>.add" in top
