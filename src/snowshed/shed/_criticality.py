"""How bad it is if this request is not answered: four classes, the lowest goes first.

A service that must refuse something should not refuse by lot. The classes and their names are those
of Google's *Site Reliability Engineering*, chapter "Handling Overload".
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Criticality"]


class Criticality(IntEnum):
    """The classes of requests, in the order in which they are refused.

    ``CRITICAL`` is the class of a request about which nothing is known.
    """

    SHEDDABLE = 0
    SHEDDABLE_PLUS = 1
    CRITICAL = 2
    CRITICAL_PLUS = 3
