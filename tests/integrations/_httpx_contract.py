"""What the transports of httpx and httpx2 promise, on real connections."""

from __future__ import annotations

import asyncio
import time
from types import ModuleType
from typing import Any

import pytest

from integrations._echo import echo_server
from integrations._guards import NotingGuard
from snowshed import CircuitOpen, DeadlineExceeded, open_scope
from snowshed.shed import Baggage, CircuitBreaker, Criticality, set_baggage


class ClientContract:
    library: ModuleType
    integration: ModuleType

    def client(self, inner: Any = None, **options: Any) -> Any:
        inner = inner or self.library.AsyncHTTPTransport()
        transport = self.integration.SnowshedTransport(inner, **options)
        return self.library.AsyncClient(transport=transport, trust_env=False)

    def test_a_call_tells_time_budget_class_and_id(self):
        async def main():
            async with echo_server() as echo, self.client() as client:
                set_baggage(Baggage(Criticality.SHEDDABLE, "r-1"))
                async with open_scope("request", budget=9, timeout=3.0):
                    told = (await client.get(f"{echo.url}/echo")).json()
                assert 2000 < int(told["x-request-timeout-ms"]) < 3000
                assert told["snowshed-budget"] == "9"
                assert told["x-criticality"] == "sheddable"
                assert told["x-request-id"] == "r-1"
                assert client._transport.statistics().told == 1

        asyncio.run(main())

    def test_outside_of_requests_nothing_is_told_and_nothing_is_copied(self):
        seen = []

        def note(request):
            seen.append(request)
            return self.library.Response(200)

        async def main():
            async with self.client(self.library.MockTransport(note)) as client:
                request = client.build_request("GET", "http://b/")
                await client.send(request)
                assert seen == [request]
                assert "x-request-timeout-ms" not in seen[0].headers

        asyncio.run(main())

    def test_the_callers_own_headers_stay_and_its_read_timeout_is_told_if_shorter(self):
        async def main():
            async with echo_server() as echo, self.client() as client:
                async with open_scope("request", budget=9, timeout=60.0):
                    own = {"x-request-timeout-ms": "70", "x-request-id": "mine"}
                    told = (await client.get(f"{echo.url}/echo", headers=own)).json()
                    patient = (await client.get(f"{echo.url}/echo", timeout=2.5)).json()
                assert (told["x-request-timeout-ms"], told["x-request-id"]) == ("70", "mine")
                assert patient["x-request-timeout-ms"] == "2500"

        asyncio.run(main())

    def test_the_timeouts_of_the_library_are_capped_but_for_the_pace_of_the_body(self):
        seen = []

        def note(request):
            seen.append(request.extensions["timeout"])
            return self.library.Response(200)

        async def main():
            timeout = self.library.Timeout(30.0, connect=0.2, pool=None)
            async with self.client(self.library.MockTransport(note)) as client:
                async with open_scope("request", timeout=1.0):
                    request = client.build_request("GET", "http://b/", timeout=timeout)
                    await client.send(request)
                assert request.extensions["timeout"]["write"] == 30.0

        asyncio.run(main())
        assert seen[0]["connect"] == 0.2
        assert seen[0]["read"] == 30.0
        assert 0.5 < seen[0]["write"] == seen[0]["pool"] < 1.1

    def test_the_body_is_sent_as_it_was(self):
        def read(request):
            return self.library.Response(200, content=request.content[::-1])

        async def main():
            async with (
                self.client(self.library.MockTransport(read)) as client,
                open_scope("request", timeout=1.0),
            ):
                return await client.post("http://b/", content=b"abc")

        assert asyncio.run(main()).content == b"cba"

    def test_the_scope_ends_a_call_before_the_librarys_timeout_does(self):
        guard = NotingGuard()

        async def main():
            async with echo_server() as echo, self.client(guards={"127.0.0.1": guard}) as client:
                began = time.monotonic()
                with pytest.raises(DeadlineExceeded):
                    await self._get_in_scope(client, f"{echo.url}/slow", timeout=0.3)
                assert time.monotonic() - began < 2.0
                await until(lambda: echo.abandoned == 1)

        asyncio.run(main())
        assert guard.outcomes == ["expired"]

    async def _get_in_scope(self, client, url, **options):
        async with open_scope("request", **options):
            return await client.get(url)

    def test_a_task_of_nobody_gets_the_librarys_own_timeout_with_our_reason(self):
        async def main():
            async with echo_server() as echo, self.client() as client:
                async with open_scope("request", timeout=0.3):
                    task = asyncio.create_task(client.get(f"{echo.url}/slow"))
                    await asyncio.sleep(0.05)
                with pytest.raises(self.library.ReadTimeout, match="scope 'request' had left"):
                    await task
                await until(lambda: echo.abandoned == 1)
                assert client._transport.statistics().late == 1

        asyncio.run(main())

    def test_a_response_that_has_begun_may_take_its_time_when_the_deadline_is_lifted(self):
        async def main():
            async with (
                echo_server() as echo,
                self.client() as client,
                open_scope("request", timeout=0.3) as scope,
                client.stream("GET", f"{echo.url}/trickle") as response,
            ):
                scope._lift_deadline()
                return await response.aread()

        assert asyncio.run(main()) == b"0123"

    def test_a_call_for_which_no_time_is_left_is_not_made(self):
        async def main():
            async with echo_server() as echo, self.client() as client:
                with pytest.raises(DeadlineExceeded):
                    await self._call_late(client, f"{echo.url}/echo")
                return echo.asked

        assert asyncio.run(main()) == []

    async def _call_late(self, client, url):
        async with open_scope("request", timeout=0.01):
            # Blocks the loop: nothing has told the task yet that its time is over.
            time.sleep(0.02)
            await client.get(url)

    def test_what_a_guard_refuses_takes_no_connection(self):
        guard = NotingGuard(CircuitOpen("b", "10 of 10 failed", 1.0))

        async def main():
            async with echo_server() as echo, self.client(guards=lambda _: guard) as client:
                with pytest.raises(CircuitOpen):
                    await client.get(f"{echo.url}/echo")
                assert client._transport._pool.connections == []
                return echo.asked

        assert asyncio.run(main()) == []

    @pytest.mark.parametrize(
        ("path", "outcome"), [("/echo", "succeeded"), ("/status/503", "failed")]
    )
    def test_a_guard_hears_how_the_target_answered(self, path, outcome):
        guard = NotingGuard()

        async def main():
            async with echo_server() as echo, self.client(guards={"127.0.0.1": guard}) as client:
                await client.get(f"{echo.url}{path}")

        asyncio.run(main())
        assert guard.outcomes == [outcome]

    def test_a_real_breaker_spares_a_target_that_answers_503(self):
        breaker = CircuitBreaker("stock", last_calls=4, minimum_calls=4)

        async def main():
            async with echo_server() as echo, self.client(guards={"127.0.0.1": breaker}) as client:
                for _ in range(4):
                    await client.get(f"{echo.url}/status/503")
                with pytest.raises(CircuitOpen, match="circuit 'stock' is open"):
                    await client.get(f"{echo.url}/echo")
                assert echo.asked == []

        asyncio.run(main())

    def test_a_guard_hears_that_there_is_no_connection(self):
        guard = NotingGuard()

        async def main():
            async with self.client(guards={"127.0.0.1:1": guard}) as client:
                with pytest.raises(self.library.ConnectError):
                    await client.get("http://127.0.0.1:1/")

        asyncio.run(main())
        assert guard.outcomes == ["failed"]

    def test_a_redirect_to_another_host_is_told_only_what_that_host_may_know(self):
        async def main():
            async with (
                echo_server() as echo,
                self.client(hosts=["127.0.0.1"]) as client,
                open_scope("request", timeout=3.0, budget=9),
            ):
                url = f"{echo.url}/redirect"
                return (await client.get(url, follow_redirects=True)).json()

        told = asyncio.run(main())
        assert told["host"].startswith("localhost")
        assert not {"x-request-timeout-ms", "snowshed-budget"} & told.keys()

    def test_a_client_that_is_there_is_instrumented_once(self):
        async def main():
            async with echo_server() as echo:
                mounts = {"all://localhost": self.library.AsyncHTTPTransport()}
                async with self.library.AsyncClient(trust_env=False, mounts=mounts) as client:
                    for _ in range(2):
                        self.integration.instrument(client)
                    for url in (echo.url, echo.url.replace("127.0.0.1", "localhost")):
                        async with open_scope("request", timeout=3.0):
                            told = (await client.get(f"{url}/echo")).json()
                        assert int(told["x-request-timeout-ms"]) <= 3000
                    inner = client._transport.inner
                    assert isinstance(inner, self.library.AsyncHTTPTransport)
                    assert client._transport._pool is inner._pool

        asyncio.run(main())

    def test_the_transport_says_what_it_has_done(self):
        transport = self.client()._transport
        assert repr(transport).startswith("<SnowshedTransport <Calls: 0 calls, 0 told> around ")


async def until(condition, *, within=5.0):
    """Wait for what happens elsewhere."""
    give_up = time.monotonic() + within
    while not condition():
        assert time.monotonic() < give_up, "it did not come true"
        await asyncio.sleep(0.01)
