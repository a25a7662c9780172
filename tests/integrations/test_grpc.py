"""Calls by gRPC, on real connections. Its server side is in `test_grpc_server`."""

from __future__ import annotations

import asyncio
import json
import time

import grpc
import grpc.aio
import pytest

from integrations._grpc_service import KINDS, ask, grpc_server
from integrations._guards import NotingGuard
from integrations._httpx_contract import until
from snowshed import CircuitOpen, DeadlineExceeded, open_scope
from snowshed.integrations.grpc import call_interceptors
from snowshed.shed import Baggage, Criticality, set_baggage


def what_was_told(context):
    told = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
    return json.dumps({**told, "left": context.time_remaining()}).encode()


async def unary(request, context):
    return what_was_told(context)


async def stream(request, context):
    yield what_was_told(context)


TELLING = {kind: stream if kind.endswith("_stream") else unary for kind in KINDS}


def channel_to(target, **options):
    return grpc.aio.insecure_channel(target, interceptors=call_interceptors(**options))


def called(kind, *, timeout=3.0, budget=9, **options):
    """Return what a call inside a scope has told."""

    async def main():
        async with (
            grpc_server(**TELLING) as target,
            channel_to(target) as channel,
            open_scope("request", budget=budget, timeout=timeout),
        ):
            set_baggage(Baggage(Criticality.SHEDDABLE, "r-1"))
            answer = await ask(channel, kind, b"x", **options)
            return json.loads(answer[0] if isinstance(answer, list) else answer)

    return asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_call_tells_time_budget_class_and_id(kind):
    told = called(kind)
    assert 1000 < int(told["x-request-timeout-ms"]) < 3000
    assert told["snowshed-budget"] == "9"
    assert told["x-criticality"] == "sheddable"
    assert told["x-request-id"] == "r-1"


@pytest.mark.parametrize("kind", ["unary_unary", "stream_unary"])
def test_the_timeout_of_a_call_with_one_answer_is_capped(kind):
    assert 1 < called(kind, timeout=3.0)["left"] < 3.01


def test_a_timeout_of_the_callers_own_is_kept_if_it_is_shorter():
    async def main():
        async with (
            grpc_server(**TELLING) as target,
            channel_to(target) as channel,
            open_scope("request", timeout=30.0),
        ):
            told = json.loads(await ask(channel, "unary_unary", timeout=2.0))
            long = json.loads(await ask(channel, "unary_unary", timeout=900.0))
            stream = json.loads((await ask(channel, "unary_stream", timeout=900.0))[0])
        return told, long, stream

    told, long, stream = asyncio.run(main())
    assert told["left"] < 2.01
    assert told["x-request-timeout-ms"] == "2000"
    assert 20 < long["left"] < 30.1
    # A stream may outlast the deadline, which is told in another way.
    assert stream["left"] > 800
    assert int(stream["x-request-timeout-ms"]) < 30_000


@pytest.mark.parametrize("sequence", [tuple, list, lambda pairs: grpc.aio.Metadata(*pairs)])
def test_the_callers_own_metadata_stays(sequence):
    own = [("x-request-id", "mine"), ("x-b", "1"), ("x-b", "2"), ("x-raw-bin", b"\xff")]
    told = called("unary_unary", metadata=sequence(own))
    assert told["x-request-id"] == "mine"
    assert told["x-b"] == "2"


def test_outside_of_requests_nothing_is_told():
    async def main():
        async with grpc_server(**TELLING) as target, channel_to(target) as channel:
            return json.loads(await ask(channel, "unary_unary"))

    told = asyncio.run(main())
    assert told["left"] is None
    assert not {"x-request-timeout-ms", "snowshed-budget", "x-request-id"} & told.keys()


@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream"])
def test_a_call_for_which_no_time_is_left_is_not_made(kind):
    async def main():
        async with grpc_server(**TELLING) as target, channel_to(target) as channel:
            with pytest.raises(DeadlineExceeded):
                await late(channel)

    async def late(channel):
        async with open_scope("request", timeout=0.01):
            # Blocks the loop: nothing has told the task yet that its time is over.
            time.sleep(0.02)
            await ask(channel, kind)

    asyncio.run(main())


def test_the_deadline_of_the_scope_is_what_ends_a_call_and_the_server_hears_of_it():
    ended = []

    async def slow(request, context):
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(True)

    guard = NotingGuard()

    async def main():
        async with (
            grpc_server(unary_unary=slow) as target,
            channel_to(target, guards={"test.Shop": guard}) as channel,
        ):
            for _ in range(5):
                with pytest.raises(DeadlineExceeded):
                    await call(channel)
            await until(lambda: len(ended) == 5)

    async def call(channel):
        async with open_scope("request", timeout=0.1):
            await ask(channel, "unary_unary")

    asyncio.run(main())
    assert guard.outcomes == ["expired"] * 5


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (grpc.StatusCode.NOT_FOUND, "succeeded"),
        (grpc.StatusCode.INTERNAL, "succeeded"),
        (grpc.StatusCode.UNAVAILABLE, "failed"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "failed"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "failed"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_guard_hears_how_the_target_answered(kind, code, outcome):
    async def refuse(request, context):
        await context.abort(code, "no")

    guard = NotingGuard()

    async def main():
        async with (
            grpc_server(**{kind: refuse}) as target,
            channel_to(target, guards={f"/test.Shop/{kind}": guard}) as channel,
        ):
            with pytest.raises(grpc.aio.AioRpcError):
                await ask(channel, kind, b"x")
            await until(lambda: guard.outcomes)

    asyncio.run(main())
    assert guard.outcomes == [outcome]


def test_a_code_that_grpc_corrects_is_judged_by_the_correction():
    """A call that is refused while it is written is INTERNAL at first, now and then."""

    async def refuse(request, context):
        await context.abort(grpc.StatusCode.UNAVAILABLE, "no")

    guard = NotingGuard()
    calls = 150

    async def main():
        async with grpc_server(stream_unary=refuse) as target:
            for _ in range(calls):
                async with channel_to(target, guards=lambda details: guard) as channel:
                    with pytest.raises(grpc.aio.AioRpcError):
                        await ask(channel, "stream_unary", b"x")
            await until(lambda: len(guard.outcomes) == calls)

    asyncio.run(main())
    assert set(guard.outcomes) == {"failed"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_succeeds_is_a_success(kind):
    guard = NotingGuard()

    async def main():
        async with (
            grpc_server(**TELLING) as target,
            channel_to(target, guards=lambda details: guard) as channel,
        ):
            await ask(channel, kind, b"x")
            await until(lambda: guard.outcomes)

    asyncio.run(main())
    assert guard.outcomes == ["succeeded"]


def test_a_caller_that_cancels_says_nothing_about_the_target():
    async def slow(request, context):
        await asyncio.sleep(30)

    guard = NotingGuard()

    async def main():
        async with (
            grpc_server(unary_unary=slow) as target,
            channel_to(target, guards=lambda details: guard) as channel,
        ):
            task = asyncio.create_task(ask(channel, "unary_unary"))
            await asyncio.sleep(0.2)
            task.cancel()
            await asyncio.wait([task])
            await until(lambda: guard.outcomes)

    asyncio.run(main())
    assert guard.outcomes == ["ignored"]


def test_what_a_guard_refuses_is_not_sent():
    guard = NotingGuard(CircuitOpen("b", "10 of 10 failed", 1.0))

    async def main():
        async with channel_to("127.0.0.1:1", guards=lambda details: guard) as channel:
            with pytest.raises(CircuitOpen):
                await ask(channel, "unary_unary")
            assert channel.get_state() is grpc.ChannelConnectivity.IDLE

    asyncio.run(main())


def test_the_interceptors_of_a_channel_count_together():
    interceptors = call_interceptors()

    async def main():
        async with (
            grpc_server(**TELLING) as target,
            grpc.aio.insecure_channel(target, interceptors=interceptors) as channel,
        ):
            for kind in KINDS:
                await ask(channel, kind, b"x")

    asyncio.run(main())
    assert [each.statistics().calls for each in interceptors] == [4, 4, 4, 4]
    assert "4 calls" in repr(interceptors[0])
