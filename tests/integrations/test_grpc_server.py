"""Calls that a gRPC server handles in a scope each: all kinds and styles, on real connections."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import grpc
import grpc.aio
import pytest

from integrations._desk import Desk
from integrations._grpc_service import KINDS, Service, ask, grpc_server
from integrations._httpx_contract import until
from snowshed import Overloaded, current_scope, remaining
from snowshed.integrations._grpc_server import _host_of
from snowshed.integrations.grpc import RequestScopeInterceptor
from snowshed.shed import Baggage, current_baggage

Code = grpc.StatusCode


def served(ask_for, *, behaviors, **options):
    """Return what ``ask_for(channel)`` returns while the functions are served in scopes."""

    async def main():
        async with (
            grpc_server(RequestScopeInterceptor(**options), **behaviors) as target,
            grpc.aio.insecure_channel(target) as channel,
        ):
            return await ask_for(channel)

    return asyncio.run(main())


def refused(kind, behavior, *, call=None, **options):
    """Return the error with which a call ends."""

    async def ask_for(channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(channel, kind, b"x", **(call or {}))
        return caught.value

    return served(ask_for, behaviors={kind: behavior}, **options)


def what_it_has():
    scope = current_scope()
    return json.dumps([scope.name, scope.statistics().budget, remaining()]).encode()


async def one(request, context):
    return what_it_has()


async def generated(request, context):
    yield what_it_has()
    yield b"last"


async def written(request, context):
    await context.write(what_it_has())
    await context.write(b"last")


async def collected(requests, context):
    return b"+".join([each async for each in requests])


async def read(requests, context):
    parts = []
    while (part := await context.read()) is not grpc.aio.EOF:
        parts.append(part)
    return b"+".join(parts)


async def echoed(requests, context):
    async for each in requests:
        yield each


async def echoed_by_hand(requests, context):
    while (part := await context.read()) is not grpc.aio.EOF:
        await context.write(part)


@pytest.mark.parametrize("enforce", [True, False])
@pytest.mark.parametrize(
    ("kind", "behavior", "answer"),
    [
        ("stream_unary", collected, b"a+b"),
        ("stream_unary", read, b"a+b"),
        ("stream_stream", echoed, [b"a", b"b"]),
        ("stream_stream", echoed_by_hand, [b"a", b"b"]),
    ],
)
def test_streams_of_both_styles_work(kind, behavior, answer, enforce):
    async def ask_for(channel):
        return await ask(channel, kind, b"a", b"b")

    assert served(ask_for, behaviors={kind: behavior}, enforce=enforce) == answer


@pytest.mark.parametrize(
    ("kind", "behavior"),
    [("unary_unary", one), ("unary_stream", generated), ("unary_stream", written)],
)
def test_a_call_has_a_scope_with_the_budget_and_time_that_its_caller_leaves_it(kind, behavior):
    async def ask_for(channel):
        metadata = (("x-request-timeout-ms", "1500"), ("snowshed-budget", "7"))
        answer = await ask(channel, kind, b"x", metadata=metadata, timeout=9.0)
        return json.loads(answer[0] if isinstance(answer, list) else answer)

    name, budget, left = served(ask_for, behaviors={kind: behavior}, timeout=20.0)
    assert (name, budget) == (f"GRPC /test.Shop/{kind}", 7)
    # A generator runs before its first message, a writer at the first.
    assert left is None or 1.0 < left <= 1.5


def test_the_deadline_of_grpc_itself_is_the_scopes_too():
    async def ask_for(channel):
        return json.loads(await ask(channel, "unary_unary", timeout=2.0))[2]

    assert 1.0 < served(ask_for, behaviors={"unary_unary": one}) <= 2.01


def test_metadata_that_cannot_be_read_changes_nothing():
    async def ask_for(channel):
        metadata = (("x-request-timeout-ms", "-1"), ("snowshed-budget", "9" * 50))
        return json.loads(await ask(channel, "unary_unary", metadata=metadata))

    assert served(ask_for, behaviors={"unary_unary": one}, budget=4)[1:] == [4, None]


def test_class_and_id_arrive_and_only_a_trusted_peer_can_raise_the_class():
    async def carried(request, context):
        return str(current_baggage()).encode()

    async def ask_for(channel):
        metadata = (("x-criticality", "critical-plus"), ("x-request-id", "r-1"))
        first = await ask(channel, "unary_unary", metadata=metadata)
        return first.decode(), (await ask(channel, "unary_unary")).decode()

    behaviors = {"unary_unary": carried}
    first, second = served(ask_for, behaviors=behaviors, trusted=["127.0.0.1"])
    assert "CRITICAL_PLUS" in first
    assert "'r-1'" in first
    assert second == str(Baggage())
    assert "CRITICAL_PLUS" not in served(ask_for, behaviors=behaviors)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_over_budget_is_resource_exhausted_with_a_time_to_wait(kind):
    async def greedy(request, context):
        if kind.startswith("stream"):
            # The client of grpc.aio puts INTERNAL for the answer if it was still sending: wait.
            assert await collected(request, context) == b"x"
        for _ in range(3):
            await current_scope().spawn(asyncio.sleep, 30)

    error = refused(kind, greedy, budget=2)
    assert error.code() is Code.RESOURCE_EXHAUSTED
    assert "more work at once" in error.details()
    pushback = dict(error.trailing_metadata())["grpc-retry-pushback-ms"]
    assert 1000 <= int(pushback) <= 4000


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_in_time_is_deadline_exceeded_and_cancels_the_work(kind):
    cancelled = []

    async def slow(request, context):
        try:
            await asyncio.sleep(30)
        finally:
            cancelled.append(True)

    error = refused(kind, slow, timeout=0.1)
    assert error.code() is Code.DEADLINE_EXCEEDED
    assert "not ready in time" in error.details()
    assert cancelled == [True]


def test_an_error_and_a_code_of_the_application_stay_what_they_are():
    async def fail(request, context):
        raise LookupError("none")

    async def abort(request, context):
        await context.abort(Code.NOT_FOUND, "no such thing")

    error = refused("unary_unary", fail)
    assert error.code() is Code.UNKNOWN
    assert "LookupError" in error.details()
    error = refused("unary_stream", abort)
    assert (error.code(), error.details()) == (Code.NOT_FOUND, "no such thing")


def test_a_stream_that_has_begun_outlives_the_deadline():
    async def trickle(request, context):
        for part in b"0123":
            yield bytes([part])
            await asyncio.sleep(0.1)

    async def trickle_by_hand(request, context):
        await context.send_initial_metadata(())
        async for part in trickle(request, context):
            await context.write(part)

    async def ask_for(channel):
        return await ask(channel, "unary_stream", b"x")

    for behavior in (trickle, trickle_by_hand):
        behaviors = {"unary_stream": behavior}
        assert served(ask_for, behaviors=behaviors, timeout=0.2) == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_has_gone_takes_its_call_with_it(kind):
    states = []

    async def slow(request, context):
        scope = current_scope()
        await scope.spawn(work)
        states.append("began")
        await asyncio.sleep(30)

    async def work():
        try:
            await asyncio.sleep(30)
        finally:
            states.append("child ended")

    async def ask_for(channel):
        task = asyncio.create_task(ask(channel, kind, b"x"))
        await until(lambda: states)
        task.cancel()
        await until(lambda: len(states) == 2)

    served(ask_for, behaviors={kind: slow})
    assert states == ["began", "child ended"]


def test_a_generator_is_closed_in_its_own_task_when_the_client_goes():
    closed = []

    async def endless(request, context):
        host = asyncio.current_task()
        try:
            while True:
                yield b"more" * 10_000
        finally:
            closed.append(asyncio.current_task() is host)

    async def ask_for(channel):
        call = channel.unary_stream("/test.Shop/unary_stream")(b"x")
        await call.read()
        call.cancel()
        await until(lambda: closed)

    served(ask_for, behaviors={"unary_stream": endless})
    assert closed == [True]


def test_a_scope_that_is_cancelled_by_hand_ends_the_call():
    async def give_up(request, context):
        current_scope().cancel("enough")
        await asyncio.sleep(30)

    assert refused("unary_unary", give_up).code() is Code.CANCELLED


def test_a_plain_function_is_served_on_its_thread_as_before():
    def plain(request, context):
        return b"plain"

    async def main():
        with ThreadPoolExecutor(1) as threads:
            server = grpc.aio.server(
                threads,
                handlers=[Service(unary_unary=plain)],
                interceptors=[RequestScopeInterceptor()],
            )
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                answer = await ask(channel, "unary_unary")
            await server.stop(None)
            return answer

    assert asyncio.run(main()) == b"plain"


def test_a_method_that_is_unknown_is_unimplemented():
    async def ask_for(channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(channel, "unary_stream")
        return caught.value.code()

    assert served(ask_for, behaviors={"unary_unary": one}) is Code.UNIMPLEMENTED


def test_observing_changes_nothing():
    async def ask_for(channel):
        metadata = (("x-request-timeout-ms", "1"), ("snowshed-budget", "1"))
        return json.loads(await ask(channel, "unary_unary", metadata=metadata))

    observed = served(ask_for, behaviors={"unary_unary": one}, enforce=False, timeout=0.1)
    assert observed == ["GRPC /test.Shop/unary_unary", 50, None]


def test_two_interceptors_open_one_scope():
    async def main():
        interceptors = RequestScopeInterceptor(budget=3), RequestScopeInterceptor(budget=9)
        async with (
            grpc_server(*interceptors, unary_unary=one) as target,
            grpc.aio.insecure_channel(target) as channel,
        ):
            return json.loads(await ask(channel, "unary_unary"))

    assert asyncio.run(main())[1] == 3


def test_admission_grants_and_the_client_hears_that_the_answer_is_light():
    desk = Desk(light=True, budget=4, timeout=1.0)

    async def ask_for(channel):
        call = channel.unary_unary("/test.Shop/unary_unary")(b"x")
        return json.loads(await call), tuple(await call.trailing_metadata())

    (name, budget, left), trailing = served(ask_for, behaviors={"unary_unary": one}, admission=desk)
    assert budget == 4
    assert left <= 1.0
    assert ("snowshed-level", "light") in trailing
    assert desk.finished == [(name, False, False, "/test.Shop/unary_unary")]


@pytest.mark.parametrize(
    ("code", "failed"),
    [(Code.NOT_FOUND, False), (Code.INVALID_ARGUMENT, False), (Code.INTERNAL, True)],
)
def test_admission_hears_whose_fault_an_error_is(code, failed):
    async def abort(request, context):
        await context.abort(code, "no")

    desk = Desk()
    refused("unary_unary", abort, admission=desk)
    assert [each[1:3] for each in desk.finished] == [(failed, False)]


def test_a_client_that_has_gone_is_no_failure_of_the_service():
    async def slow(request, context):
        await asyncio.sleep(30)

    desk = Desk()

    async def ask_for(channel):
        task = asyncio.create_task(ask(channel, "unary_unary"))
        await until(lambda: desk.handled)
        task.cancel()
        await until(lambda: desk.finished)

    served(ask_for, behaviors={"unary_unary": slow}, admission=desk)
    assert desk.finished[0][2] is True


def test_what_admission_refuses_is_not_begun():
    begun = []

    async def note(request, context):
        begun.append(True)

    desk = Desk(refusal=Overloaded("limiter at 10 of 10", "limit", 2.5))
    error = refused("unary_unary", note, admission=desk)
    assert error.code() is Code.RESOURCE_EXHAUSTED
    assert ("grpc-retry-pushback-ms", "2500") in tuple(error.trailing_metadata())
    assert not begun


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("ipv4:127.0.0.1:50051", "127.0.0.1"),
        ("ipv6:%5B::1%5D:50051", "::1"),
        ("ipv6:[::1]:50051", "::1"),
        ("unix:/run/shop.sock", None),
        ("", None),
    ],
)
def test_the_peer_is_read_without_its_port(peer, host):
    assert _host_of(peer) == host


def test_wrong_limits_are_refused_with_their_value():
    with pytest.raises(ValueError, match="RequestScopeInterceptor: budget must be positive, not 0"):
        RequestScopeInterceptor(budget=0)
    assert "budget=7" in repr(RequestScopeInterceptor(budget=7))
