"""What can be set for looking at a service's tasks: section ``observe`` of the settings."""

from __future__ import annotations

import ipaddress
import math

import msgspec

from snowshed.observe._addresses import headers_of, parse_target

__all__ = ["Settings", "is_loopback"]

LOOPBACK = "127.0.0.1"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How tasks are looked at while the service runs, and where profiles go.

    Times are in seconds.

    Attributes:
        sampler: look at all: sample stacks and notice a blocked loop. Off: none of what follows.
        rate: stacks that are taken in a second, at most.
        probability: with which one task is taken at one look, as far as the rate allows.
        longer_than: age of a task from which it is looked at.
        blocked_after: time for which one step may hold the loop before it is reported.
        log_interval: shortest time between two lines of the log about the same blocking line.
        profiles_to: a directory for profiles, or an URL that they are sent to; None: they stay in
            the process.
        profile_interval: time that one profile is of.
        profiles_headers: what is sent along, each as ``Name: value``. Never logged.
        profiles_cafile: certificates that an ``https`` target is checked against; None: those of
            the system.
        profiles_timeout: longest wait for the target's answer.
        keep_files: profiles that a directory keeps, the newest ones.
        keep_bytes: size of the profiles that a directory keeps.
        break_cycles: free tasks that await each other and would for ever, by failing one of them
            with `WouldDeadlock`. It changes what the program does.
        debug_socket: serve the debug pages on a Unix socket that the user of the process can reach.
        debug_port: serve them on this port as well; of the processes of a service the first that
            gets it does. None: on no port.
        debug_host: the address of that port. One beyond this machine needs a token.
        debug_token: what has to be sent to the port as ``Authorization: Bearer ...``; None:
            nothing.

    Raises:
        ValueError: a number that is not positive, a probability above 1, an URL or a header that
            cannot be one, an address that others can reach without a token.
    """

    sampler: bool = True
    rate: float = 50.0
    probability: float = 0.02
    longer_than: float = 0.010
    blocked_after: float = 0.1
    log_interval: float = 10.0
    profiles_to: str | None = None
    profile_interval: float = 15.0
    profiles_headers: tuple[str, ...] = ()
    profiles_cafile: str | None = None
    profiles_timeout: float = 10.0
    keep_files: int = 480
    keep_bytes: int = 64 * 1024 * 1024
    break_cycles: bool = False
    debug_socket: bool = True
    debug_port: int | None = None
    debug_host: str = LOOPBACK
    debug_token: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the types cannot."""
        for name in (
            "rate",
            "longer_than",
            "blocked_after",
            "profile_interval",
            "profiles_timeout",
            "keep_files",
            "keep_bytes",
        ):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                msg = f"{name} must be a positive number, not {value!r}"
                raise ValueError(msg)
        if not 0 <= self.log_interval < math.inf:
            msg = f"log_interval must be zero or a positive number, not {self.log_interval!r}"
            raise ValueError(msg)
        if not 0 < self.probability <= 1:
            msg = f"probability must be above 0 and at most 1, not {self.probability!r}"
            raise ValueError(msg)
        if self.profiles_to is not None:
            parse_target(self.profiles_to)
        headers_of(self.profiles_headers)
        self._check_debug()

    def _check_debug(self) -> None:
        if self.debug_port is not None and not 0 <= self.debug_port <= 65535:
            msg = f"debug_port must be 0 to 65535, not {self.debug_port!r}"
            raise ValueError(msg)
        if self.debug_token is not None and not self.debug_token.strip():
            msg = "debug_token is empty: give one, or leave it out to ask for none"
            raise ValueError(msg)
        if self.debug_token is None and not is_loopback(self.debug_host):
            msg = (
                f"debug_host {self.debug_host!r} can be reached from other machines, and the pages "
                "tell what the service does: set debug_token too"
            )
            raise ValueError(msg)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
