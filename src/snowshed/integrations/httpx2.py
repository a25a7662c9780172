"""httpx2: what a request hands on to the calls that it makes with an ``httpx2.AsyncClient``.

Under `snowshed run` each client gets it by itself where the policy enforces. In code::

    transport = SnowshedTransport(httpx2.AsyncHTTPTransport(), guards={"stock": breaker})
    client = httpx2.AsyncClient(transport=transport)

or, for a client that is there already, ``instrument(client, guards=...)``.

Needs: pip install 'snowshed[httpx2]'
"""

from __future__ import annotations

from snowshed.integrations import _httpx
from snowshed.integrations._calls import CallStatistics, Guards, Hosts
from snowshed.integrations._extra import needs

try:
    import httpx2
except ModuleNotFoundError as error:
    raise needs("httpx2", "httpx2", error) from None

__all__ = ["CallStatistics", "Guards", "Hosts", "SnowshedTransport", "instrument"]


class SnowshedTransport(_httpx.CallTransport, httpx2.AsyncBaseTransport):
    """A transport that tells the callee about the request, and keeps the time and the guards.

    The library's own timeouts are capped by what is left until the deadline of the current scope.
    A response that has begun may take its time, as far as the scope lets it.

    Args:
        inner: the transport that sends.
        guards: a guard for each host, ``{"api.example.com": breaker}``, or a function that takes
            the ``httpx2.Request`` and returns a guard, several, or None. Answers 429, 502, 503 and
            504 and errors of the transport are failures.
        hosts: who is told: names, ``.example.com`` for all below it, or a function of the name;
            None: everybody.

    Cost: about 50 us for a call that has something to say, 10 us for one that has not.
    """

    _library = httpx2


def instrument(
    client: httpx2.AsyncClient, *, guards: Guards | None = None, hosts: Hosts | None = None
) -> None:
    """Put a `SnowshedTransport` around each transport of ``client``, unless there is one.

    Args:
        client: before its first call.
        guards: see `SnowshedTransport`.
        hosts: see `SnowshedTransport`.
    """
    _httpx.instrument(client, SnowshedTransport, guards=guards, hosts=hosts)
