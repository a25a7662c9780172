"""How bad it is if this request is not answered: four classes, the lowest goes first.

A service that must refuse something should not refuse by lot. The classes and their names are those
of Google's *Site Reliability Engineering*, chapter "Handling Overload".

**Who says it.** The service, for each route; and the caller, by the header ``x-criticality``, which
travels with the request from service to service. A stranger who may call his own request critical
would, so what a caller asks for can only lower the class, unless the caller is a trusted peer.

**Lower classes go first, and not by a hair.** Each class has a pressure (units in flight / limit)
from which it is refused, and a lower one below which it is taken again. Without the gap the first
refusal would lower the pressure, which would admit the next request, which would raise it, and a
client that retries would get through by trying often.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "CLASS_THRESHOLDS",
    "ClassGate",
    "ClassGateStatistics",
    "Criticality",
    "CriticalityName",
    "Threshold",
    "TrustedPeers",
    "effective",
    "parse_criticality",
]

CriticalityName = Literal["critical-plus", "critical", "sheddable-plus", "sheddable"]
LONGEST_HEADER = 32
LONGEST_HOST = 64
HOSTS_AT_MOST = 1024
UNIX = "unix"


class Criticality(IntEnum):
    """The classes of requests, in the order in which they are refused.

    ``CRITICAL`` is the class of a request about which nothing is known.

    Attributes:
        SHEDDABLE: nobody notices if it is not answered now: prefetching, bulk jobs.
        SHEDDABLE_PLUS: partial unavailability is expected: batches that are tried again.
        CRITICAL: a user notices.
        CRITICAL_PLUS: a user is harmed: paying, logging in. May use a tenth more than the limit.
    """

    SHEDDABLE = 0
    SHEDDABLE_PLUS = 1
    CRITICAL = 2
    CRITICAL_PLUS = 3


_BY_NAME = {each.name.lower().replace("_", "-"): each for each in Criticality}
_BY_HEADER = {name.encode(): each for name, each in _BY_NAME.items()}


def parse_criticality(value: bytes | str) -> Criticality | None:
    """Return the class that a header or a setting names, or None if it names none.

    ``critical-plus``, ``critical``, ``sheddable-plus`` and ``sheddable``, with ``_`` for ``-`` and
    in capitals too. What cannot be read is ignored: a mistake in a hint is no reason to refuse.
    """
    if isinstance(value, bytes):
        found = _BY_HEADER.get(value)
        if found is not None:
            return found
        value = value.decode("latin-1")
    if len(value) > LONGEST_HEADER:
        return None
    return _BY_NAME.get(value.strip().lower().replace("_", "-"))


def effective(
    declared: Criticality | None, asked: Criticality | None, *, trusted: bool
) -> Criticality:
    """Return the class of one request.

    Args:
        declared: what the service says about the route; None: nothing, which means ``CRITICAL``.
        asked: what the caller says; None: nothing.
        trusted: whether the caller may also raise the class.
    """
    base = Criticality.CRITICAL if declared is None else declared
    if asked is None:
        return base
    return asked if trusted else min(base, asked)


class TrustedPeers:
    """The peers whose word counts: other services of ours, by the networks that they call from.

    Args:
        networks: ``"10.0.0.0/8"``, ``"fd00::/8"``, ``"127.0.0.1"``; ``"unix"`` is whoever calls
            by a Unix socket.

    Raises:
        ValueError: a network that is none.

    It judges the peer of the connection, never a header such as ``x-forwarded-for``. Costs 0.1 us
    for a peer that it has seen lately; remembers 1,024 of them.
    """

    __slots__ = ("_known", "_networks", "_unix")

    def __init__(self, networks: Iterable[str] = ()) -> None:
        named = tuple(networks)
        self._unix = UNIX in named
        self._networks = tuple(_network(each) for each in named if each != UNIX)
        self._known: dict[str, bool] = {}

    def trusts(self, host: str | None) -> bool:
        """Tell whether the peer at ``host`` is trusted; None or empty: it has no address."""
        if not host:
            return self._unix
        known = self._known.get(host)
        return self._judge(host) if known is None else known

    def __bool__(self) -> bool:
        """Tell whether anybody is trusted."""
        return self._unix or bool(self._networks)

    def __repr__(self) -> str:
        named = [str(each) for each in self._networks] + [UNIX] * self._unix
        return f"<TrustedPeers {', '.join(named) or 'nobody'}>"

    def _judge(self, host: str) -> bool:
        address = _address(host)
        verdict = address is not None and any(address in each for each in self._networks)
        if len(host) <= LONGEST_HOST:
            if len(self._known) >= HOSTS_AT_MOST:
                self._known.clear()
            self._known[host] = verdict
        return verdict


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        msg = f"trusted peer {text!r}: {error}; write a network such as '10.0.0.0/8', or 'unix'"
        raise ValueError(msg) from None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    # A socket that takes both families shows the older one inside the newer.
    return getattr(address, "ipv4_mapped", None) or address


class Threshold(NamedTuple):
    """Between which pressures one class is refused.

    Attributes:
        refuse_from: pressure (units in flight / limit) from which on it is refused.
        admit_below: pressure below which it is admitted again; not above ``refuse_from``.
    """

    refuse_from: float
    admit_below: float


# By class, the lowest first. Answers become light at 0.75 (see `_pressure`): first cheaper, then
# fewer. The highest class may overdraw the limit by a tenth, so that it is answered even while the
# others keep the limit full.
CLASS_THRESHOLDS = (
    Threshold(refuse_from=0.80, admit_below=0.65),
    Threshold(refuse_from=0.90, admit_below=0.75),
    Threshold(refuse_from=1.00, admit_below=1.00),
    Threshold(refuse_from=1.10, admit_below=1.10),
)


@dataclass(frozen=True, slots=True)
class ClassGateStatistics:
    """What a `ClassGate` looked like at one moment.

    Attributes:
        lowest: the lowest class that is admitted now; None: no class is.
        refused: how many requests of each class it has refused, by the class's name.
    """

    lowest: str | None
    refused: dict[str, int]


class ClassGate:
    """Tells which classes are admitted at a pressure: the lowest go first, and come back last.

    Pure: it is told the pressure and has no clock. Whatever the pressures were, a request is never
    refused while one of a lower class would be admitted. Costs about 0.3 us.

    Args:
        thresholds: one for each class, the lowest first.

    Raises:
        ValueError: a threshold below that of a lower class, or one that opens above where it shuts.
    """

    __slots__ = ("_calm_below", "_refused", "_shut", "_thresholds")

    def __init__(self, thresholds: Sequence[Threshold] = CLASS_THRESHOLDS) -> None:
        _check(thresholds)
        self._thresholds = tuple(thresholds)
        self._calm_below = thresholds[0].admit_below
        # That higher classes shut later and open earlier makes the state of all four one number.
        self._shut = 0
        self._refused = [0] * len(Criticality)

    def allows(self, criticality: Criticality, pressure: float) -> bool:
        """Tell whether a request of this class is admitted at this pressure."""
        if pressure < self._calm_below:
            self._shut = 0
            return True
        self._shut = shut = self._shut_at(pressure)
        if criticality >= shut:
            return True
        self._refused[criticality] += 1
        return False

    def statistics(self) -> ClassGateStatistics:
        """Return the state at this moment."""
        shut = self._shut
        return ClassGateStatistics(
            lowest=_named(Criticality(shut)) if shut < len(Criticality) else None,
            refused={_named(each): self._refused[each] for each in Criticality},
        )

    def __repr__(self) -> str:
        now = self.statistics()
        return f"<ClassGate admits {now.lowest or 'nobody'}, refused {sum(self._refused)}>"

    def _shut_at(self, pressure: float) -> int:
        shut, thresholds = self._shut, self._thresholds
        while shut < len(thresholds) and pressure >= thresholds[shut].refuse_from:
            shut += 1
        while shut and pressure < thresholds[shut - 1].admit_below:
            shut -= 1
        return shut


def _named(criticality: Criticality) -> str:
    return criticality.name.lower().replace("_", "-")


def _check(thresholds: Sequence[Threshold]) -> None:
    if len(thresholds) != len(Criticality):
        msg = f"a class gate has {len(Criticality)} thresholds, not {len(thresholds)}"
        raise ValueError(msg)
    before = Threshold(0.0, 0.0)
    for each, criticality in zip(thresholds, Criticality, strict=True):
        rises = each.refuse_from >= before.refuse_from and each.admit_below >= before.admit_below
        if not (rises and 0 < each.admit_below <= each.refuse_from):
            msg = (
                f"class {_named(criticality)}: {each} is not accepted: admit_below <= refuse_from, "
                "both positive and neither below that of a lower class"
            )
            raise ValueError(msg)
        before = each
