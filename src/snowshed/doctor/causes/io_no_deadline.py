"""io-no-deadline: a call over the network waits for a peer, and nothing ends the wait.

Looks for: goroutines of the program that wait for the network: for the answer of a peer that they
have spoken to, for a connection, for a handshake of TLS, for room to write; directly, in the driver
of a database, or in a call of gRPC.

Why: a connection without a deadline waits for ever. When the peer hangs, or the way to it drops
what is sent, whoever calls hangs too, with all that it has, and so does whoever waits for that one.

Evidence: there are more from look to look; the very same still wait; the runtime says that they are
old. Many at once in one look.

Against: a peer that is slow looks the same for a while. What rests is not meant and not told:
accept loops, connections between two requests, subscriptions and WebSockets, the server's side of a
connection that the program has accepted itself, and readers beside which another waits for what is
to be sent.

Silence: ``conn.SetDeadline`` before each exchange, a context with a deadline for each query and
each call, ``net.Dialer{Timeout: ...}``, ``ReadHeaderTimeout`` for a server.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._connections import Connections, in_request, is_call
from snowshed.doctor.causes._python_calls import calls
from snowshed.doctor.causes._signs import Calls, call_of, lasts
from snowshed.doctor.causes._waits import MANY
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "io-no-deadline",
    Cause.MISSING_DEADLINE,
    why="a connection without a deadline waits for ever when its peer hangs",
    go="set a deadline before each exchange (conn.SetDeadline), give each query and each call "
    "a context with one (context.WithTimeout), and dial with net.Dialer{Timeout: ...}",
    python="give each call a timeout: open_scope(name, timeout=...), or the timeout of the client",
)
_AGAINST = "a peer that is slow looks the same for a while"
_SHAKES = Calls(r"crypto/tls\.\(\*Conn\)\.[hH]andshakeContext")
_DIALS = Calls(r"net\.\(\*netFD\)\.connect")
_SAID = (
    (_SHAKES, "each is in the middle of a handshake of TLS"),
    (_DIALS, "each waits for its connection to be accepted"),
    (
        Calls(r"net/http\.\(\*body\)\.Read"),
        "each waits for the client to send the rest of its request",
    ),
    (
        Calls(r"net\.\(\*(?:conn|netFD)\)\.[wW]rite|net\.\(\*Buffers\)\.WriteTo"),
        "each waits for the peer to take what it writes",
    ),
    (Calls(""), "each waits for the peer to send something"),
)
# A call with one answer, as opposed to a stream.
_ONE_ANSWER = Calls(r"google\.golang\.org/grpc\.invoke$")
_WAITS_FOR_ANSWER = Calls(r"google\.golang\.org/grpc\..*\.recvMsg")


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a peer, and has growth, age or its number against it."""
    for call in calls(case):
        if not call.over_http:
            yield Suspicion(DETAIL, call.group, 0.6, evidence=call.evidence, against=(_AGAINST,))
    connections = Connections(case)
    for group in case.groups:
        waits = _waits_for(group)
        if not waits or not (lasts(case, group) or group.count >= MANY):
            continue
        rests = connections.serves(group) or connections.are_written(group)
        if rests and not (_is_short(group) or in_request(group)):
            continue
        yield Suspicion(
            DETAIL,
            group,
            0.7 if _is_short(group) or in_request(group) else 0.65,
            waiting_is_wrong=_is_short(group),
            evidence=(waits,),
            against=(_AGAINST,),
        )


def _waits_for(group: Group) -> str:
    """Return what they wait for, in words; "" if it is nothing of the kind."""
    if group.where.state == "select":
        # An answer of gRPC comes over a connection that others read from.
        called = call_of(group, _ONE_ANSWER) and call_of(group, _WAITS_FOR_ANSWER)
        return "each waits for the answer to a call of gRPC" if called else ""
    if group.where.state != "IO wait" or not (call_of(group, _SHAKES) or is_call(group)):
        return ""
    return next(said for pattern, said in _SAID if call_of(group, pattern))


def _is_short(group: Group) -> bool:
    """Tell whether it is something that takes a moment with any peer that is well."""
    return call_of(group, _SHAKES) is not None or call_of(group, _DIALS) is not None
