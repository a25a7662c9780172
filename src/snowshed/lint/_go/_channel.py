"""A channel that a package makes, and the operations on it: what ``_channels`` finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._scope import Kind, Variable

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._mentions import Keep

__all__ = ["Channel", "Does", "Operation"]


class Does(Enum):
    """What an operation does."""

    SEND = auto()
    RECEIVE = auto()
    RANGE = auto()
    CLOSE = auto()
    LENGTH = auto()


@dataclass(slots=True, eq=False)
class Operation:
    """Something that is done with a channel.

    Attributes:
        does: what.
        node: the `Send`, `Receive`, `For` or `Call`.
        is_sure: whether it is sure that it is this channel, and not another of the same name.
        case: the case of a select that it is; None if it stands alone.
        keep: by what the channel came there; None: right where it is made.
    """

    does: Does
    node: n.Node
    is_sure: bool
    case: n.Case | None
    keep: Keep | None = None

    @property
    def select(self) -> n.Select | None:
        """The select that it is a case of."""
        parent = None if self.case is None else self.case.parent
        return parent if isinstance(parent, n.Select) else None

    @property
    def blocks(self) -> bool:
        """Whether it waits if the other side is not there."""
        select = self.select
        return self.does in _WAITING and (select is None or not select.has_default)

    @property
    def is_plain(self) -> bool:
        """Whether only the other side can end its wait."""
        select = self.select
        return self.does in _WAITING and (select is None or len(select.cases) == 1)

    @property
    def function(self) -> Function:
        """The function that it stands in."""
        return self.node.function


_WAITING = frozenset({Does.SEND, Does.RECEIVE, Does.RANGE})


@dataclass(slots=True, eq=False)
class Channel:
    """What one ``make(chan T)`` makes.

    Attributes:
        made: the call of ``make``.
        capacity: how many elements it takes without a receiver; None: that is not a number.
        operations: what is done with what it makes.
        keeps: where it may be kept.
        receives_outside: whether somebody who is not seen may receive.
        sends_outside: whether somebody who is not seen may send or close.
        entries: the calls by which it came into a parameter.
    """

    made: n.Call
    capacity: int | None
    operations: list[Operation] = field(default_factory=list)
    keeps: set[Keep] = field(default_factory=set)
    receives_outside: bool = False
    sends_outside: bool = False
    entries: dict[Variable, list[n.Call]] = field(default_factory=dict)

    @property
    def function(self) -> Function:
        """Who makes it."""
        return self.made.function

    @property
    def is_fixed(self) -> bool:
        """Whether its capacity does not depend on how much there is to send."""
        if self.capacity is not None:
            return True
        size = self.made.arguments[1]
        return isinstance(size, n.Name) and size.variable is None

    @property
    def outside(self) -> bool:
        """Whether somebody who is not seen may do anything with it."""
        return self.receives_outside or self.sends_outside

    def is_tried_out(self, operation: Operation) -> bool:
        """Tell whether a test has made it for what is no test, and ``operation`` is of that."""
        made = self.function.file.source.is_test
        return made and not operation.function.file.source.is_test

    def of(self, *does: Does) -> list[Operation]:
        """Return the operations of some kinds."""
        return [each for each in self.operations if each.does in does]

    @property
    def sends(self) -> list[Operation]:
        """The operations that send."""
        return self.of(Does.SEND)

    @property
    def receives(self) -> list[Operation]:
        """The operations that receive."""
        return self.of(Does.RECEIVE, Does.RANGE)

    @property
    def closes(self) -> list[Operation]:
        """The operations that close."""
        return self.of(Does.CLOSE)

    @property
    def variable(self) -> Variable | None:
        """The variable that it is kept in and nothing else, apart from parameters and closures."""
        own = [each for each in self.keeps if not _is_parameter(each)]
        only = own[0] if len(own) == 1 else None
        return only if isinstance(only, Variable) and only.function is not None else None


def _is_parameter(keep: Keep) -> bool:
    return isinstance(keep, Variable) and keep.kind in {Kind.PARAMETER, Kind.RECEIVER}
