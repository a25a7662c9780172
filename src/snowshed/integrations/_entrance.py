"""The door of a service: who is let in, on which terms, and the scope that is made of them.

The same for every protocol. It reads what the caller says of itself, asks the admission, if there
is one, and returns a scope that has the tightest of all that was said.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from snowshed.core import _clock
from snowshed.errors import Overloaded
from snowshed.integrations._headers import baggage_of, tightened
from snowshed.integrations._request import Policy, RequestScope
from snowshed.integrations._turns import LoopTurns
from snowshed.shed._baggage import set_baggage
from snowshed.shed._bounds import tighter
from snowshed.shed._final import FINAL_MARK, FinalMark

if TYPE_CHECKING:
    from snowshed.shed._admission import Admission, Admitted
    from snowshed.shed._criticality import TrustedPeers

__all__ = ["Entrance"]

logger = logging.getLogger("snowshed.shed")

Headers = Sequence[tuple[bytes, bytes]]


class Entrance:
    """Lets the requests of one server in.

    Args:
        policy: what is asked of each.
        admission: which ones are begun at all; None: all.
        trusted: callers that may raise the class of a request.
    """

    __slots__ = ("_admission", "_loop", "_policy", "_trusted", "_turns")

    def __init__(
        self, policy: Policy, *, admission: Admission | None, trusted: TrustedPeers
    ) -> None:
        self._policy = policy
        self._admission = admission
        self._trusted = trusted
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turns: LoopTurns | None = None

    def let_in(
        self,
        method: str,
        path: str,
        headers: Headers,
        *,
        peer: str | None,
        time_left: float | None = None,
    ) -> tuple[RequestScope, Admitted | None]:
        """Return the scope of a request, not entered yet, and its admission, if anybody asks.

        Args:
            method: its verb.
            path: as it was asked for.
            headers: names in lower case.
            peer: address of the other end of the connection; None: it has none.
            time_left: seconds that the protocol itself gives it; None: any time.

        Raises:
            Overloaded: it is not to be begun.
        """
        policy = self._policy
        trusted = bool(self._trusted) and self._trusted.trusts(peer)
        # Also if it carries nothing: the context may be that of the request before.
        set_baggage(baggage_of(headers, trusted=trusted))
        FINAL_MARK.set(FinalMark() if policy.enforce else None)
        time_left, budget = tightened(headers, timeout=time_left, budget=policy.budget)
        timeout = policy.timeout
        admitted = self._ask(method, path, time_left, timeout=timeout, trusted=trusted)
        if admitted is not None:
            timeout = tighter(timeout, admitted.timeout)
            budget = tighter(budget, admitted.budget)
        timeout = tighter(timeout, time_left)
        request = RequestScope(f"{method} {path}", policy, timeout=timeout, budget=budget)
        if admitted is not None:
            admitted.handle(request)
        return request, admitted

    def _ask(
        self,
        method: str,
        path: str,
        time_left: float | None,
        *,
        timeout: float | None,
        trusted: bool,
    ) -> Admitted | None:
        """Ask the admission; one that fails, or that serves another loop, is not asked again."""
        if self._admission is None:
            return None
        try:
            loop = asyncio.get_running_loop()
            if self._turns is None or loop is not self._loop:
                self._admission.belong_to(loop)
                self._loop, self._turns = loop, LoopTurns(loop, _clock.now)
            return self._admission.offer(
                method,
                path,
                time_left,
                timeout=timeout,
                trusted=trusted,
                waited=self._turns.waited(),
            )
        except Overloaded:
            raise
        except Exception:
            self._admission = None
            logger.exception("admission failed and was switched off; the service goes on")
            return None
