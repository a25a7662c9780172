"""Which waits for the network are a call that somebody waits for, and which are rest.

A server waits for the next connection, a connection for the next request, a subscriber for what
comes next: all of them in ``IO wait``, all of them for as long as it takes, and well. What is not
is a call that waits for its answer. They are told apart by the calls on the stack, and by who has
made the goroutine: one that an accept loop has made serves somebody, and waits for them; and one
beside which another waits for what is to be sent reads for as long as the connection is there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from snowshed.doctor._origin import serves
from snowshed.doctor._program import Whose, whose
from snowshed.doctor.causes._signs import FEW, Calls, call_of, program_of
from snowshed.doctor.causes._waits import OLD, is_proven, stands_in_program, was_asked_about

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Goroutine

__all__ = ["Connections", "held_up", "in_request", "is_call", "listens"]

_NETWORK = Calls(
    r"net\.\(\*(?:conn|netFD|rawConn|TCPConn|UnixConn|Buffers|Resolver)\)\.|net\.goLookup"
)
_IN_NET = Calls(r"(?:net|crypto/tls|internal/poll|runtime)\.")
_ACCEPTS = Calls(r"net\.\(\*\w+\)\.[aA]ccept|internal/poll\.\(\*FD\)\.Accept")
# Datagrams come when they come; what reads one with a peer goes through `conn.Read`.
_RESTS = Calls(
    r"internal/poll\.\(\*FD\)\.(?:Accept|ReadFrom|ReadMsg)"
    # Between two requests, of either side.
    r"|net/http\.\(\*conn\)\.readRequest|net/http\.\(\*connReader\)\.backgroundRead"
    r"|net/http\.\(\*persistConn\)\.(?:readLoop|writeLoop)"
    r"|(?:net/http/internal/|golang\.org/x/net/)http2\.\(\*(?:clientConnReadLoop\)\.run"
    r"|ClientConn\)\.readLoop|serverConn\)\.(?:readFrames|readPreface|serve$))"
    r"|net/http\.\(\*http2(?:clientConnReadLoop\)\.run|serverConn\)\.(?:readFrames|readPreface))"
    r"|google\.golang\.org/grpc/internal/transport\.\(\*http2(?:Client\)\.reader|Server\)\.Handle)"
    r"|net/rpc\.\(\*(?:Client\)\.input|Server\)\.Serve)|golang\.org/x/crypto/ssh\.\("
    r"|github\.com/valyala/fasthttp\.\(\*Server\)\.serveConn"
    # Messages that come when they come: WebSockets, subscriptions, commands that block.
    r"|.*websocket[^/]*\.\(\*Conn\)\.|.*\.\(\*PubSub\)\.|.*\.\(\*?\w+\)\.WaitForNotification"
    r"|.*redis.*\.cmdable\.(?:B[LRZ]\w+|XRead\w*)$|github\.com/nats-io/.*\.readLoop"
)
_MAKERS_AT_MOST = 8


def in_request(group: Group) -> bool:
    """Tell whether they are handlers of a server that is known."""
    return serves(group.stack)


def listens(case: Case, group: Group) -> bool:
    """Tell whether they are handlers whose wait ends with their client, as far as that shows.

    There are as many of them as there are clients. A ``select`` mostly waits for the end of the
    request, too. Whether ``<-ctx.Done()`` stands there, or an answer that nobody sends any more, no
    stack tells, but the collector does.
    """
    if not in_request(group) or is_proven(case, group):
        return False
    return group.where.state == "select" or was_asked_about(case, group)


def held_up(group: Group) -> tuple[str, ...]:
    """Return the line that says that requests have waited for minutes; nothing if they have not.

    Whoever has asked has mostly gone by then.
    """
    if group.minutes < OLD or not (in_request(group) and stands_in_program(group)):
        return ()
    return (f"requests wait here, the longest for {group.minutes:,} minutes",)


def is_call(group: Group) -> bool:
    """Tell whether the program waits here for a peer that it has spoken to."""
    return (
        group.where.state == "IO wait"
        and program_of(group)
        and call_of(group, _NETWORK) is not None
        and call_of(group, _RESTS) is None
    )


def _accepts_itself(group: Group) -> bool:
    """Tell whether the program accepts connections, and not a library for it."""
    outside = (frame for frame in group.stack if not _IN_NET.match(frame.function))
    caller = next(outside, None)
    accepts = call_of(group, _ACCEPTS) is not None
    return accepts and caller is not None and whose(caller) is Whose.PROGRAM


def _reads(group: Group) -> bool:
    return (
        group.where.state == "IO wait"
        and program_of(group)
        and call_of(group, _NETWORK) is not None
        and call_of(group, _ACCEPTS) is None
    )


def _pumps(group: Group) -> bool:
    return group.where.state in {"select", "chan receive"} and stands_in_program(group)


class Connections:
    """Who in a case accepts connections, whom that has made, and who reads and who writes."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._own_servers = any(map(_accepts_itself, case.groups))
        reading = [group for group in case.groups if _reads(group)]
        pumping = [group for group in case.groups if _pumps(group)]
        self._readers = {each.id for group in reading for each in group.members}
        self._reads_of = _makers_of(reading)
        self._pumps_of = _makers_of(pumping)
        self._more_read = sorted(_gained(case, group) for group in reading)
        self._more_pump = sorted(_gained(case, group) for group in pumping)

    def serves(self, group: Group) -> bool:
        """Tell whether ``group`` serves those who have connected, as far as that can be known.

        With doubt it does: a server whose clients have nothing to ask is well.
        """
        if in_request(group):
            return False
        if not self._case.lists_all:
            return self._own_servers
        return any(map(self._is_of_server, group.members))

    def write(self, group: Group) -> bool:
        """Tell whether one reads from a connection for each of ``group``.

        A connection that stays open, such as a WebSocket, mostly has two goroutines: one reads from
        it, and one waits for what is to be sent. Both rest.
        """
        if not self._case.lists_all:
            return _has_about(_gained(self._case, group), self._more_read)
        return _most(
            each.parent in self._readers or 0 < self._reads_of[each.parent] <= FEW
            for each in group.members
        )

    def are_written(self, group: Group) -> bool:
        """Tell whether for each of ``group`` one waits for what is to be sent."""
        if not self._case.lists_all:
            return _has_about(_gained(self._case, group), self._more_pump)
        return _most(
            0 < self._pumps_of[each.parent] <= FEW and self._reads_of[each.parent] <= FEW
            for each in group.members
        )

    def _is_of_server(self, member: Goroutine) -> bool:
        """Follow who made whom, until one who accepts, or the end."""
        each = member
        for _ in range(_MAKERS_AT_MOST):
            if each.parent is None:
                return False
            maker = self._case.find(each.parent)
            if maker is None:
                return self._own_servers
            if any(_ACCEPTS.match(frame.function) for frame in maker.stack):
                return True
            each = maker
        return False


def _makers_of(groups: Iterable[Group]) -> Counter[int | None]:
    made = (each.parent for group in groups for each in group.members)
    return Counter(parent for parent in made if parent is not None)


def _most(of_each: Iterable[bool]) -> bool:
    answers = [*of_each]
    return bool(answers) and 2 * sum(answers) > len(answers)


def _has_about(gained: int, others: Sequence[int]) -> bool:
    """Tell whether one of the others, in their order, is about as much, and more than nothing."""
    next_to = bisect_left(others, gained - gained // 4)
    return gained > 0 and next_to < len(others) and others[next_to] <= gained + gained // 4


def _gained(case: Case, group: Group) -> int:
    growth = case.growth(group.where)
    return 0 if growth is None else growth.gained
