"""What a stack tells of where a goroutine comes from: a request, the program, or a library.

A handler of HTTP runs in a goroutine of the server, and whatever it starts works for that request.
But a library starts helpers of its own, and those happen to be made in whichever request was the
first to need them: the two loops of each connection of an HTTP client, the one that opens
connections for ``database/sql``. They belong to the library and serve everybody. So only what runs
the program's own code, or was started by it, is a task of a request.

Not the line of the ``go`` statement decides: a ``WaitGroup`` or an ``errgroup`` starts what it is
given, and there the function that it runs tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.doctor._program import Whose, outermost, whose, without_runtime

if TYPE_CHECKING:
    from snowshed.doctor._alike import Alike
    from snowshed.model import Frame, Stack

__all__ = ["Line", "Origin", "own_calls", "serves"]

# The outermost call of a goroutine in which a handler runs.
_SERVES = re.compile(
    r"net/http\.\(\*conn\)\.serve"
    r"|net/http\.\(\*http2serverConn\)\.runHandler"
    r"|(?:.*/)?http2\.\(\*serverConn\)\.runHandler"
    r"|(?:.*/)?google\.golang\.org/grpc\.\(\*Server\)\.(?:serveStreams\.|handleStream|serverWorker).*"
    r"|(?:.*/)?github\.com/valyala/fasthttp\.\(\*workerPool\)\.(?:getCh\.func1|workerFunc)"
    r"|net/rpc\.\(\*service\)\.call"
)
# The same by who has made it, as old releases cut off the outermost calls of a deep stack.
_MADE_TO_SERVE = re.compile(r"net/http\.\(\*Server\)\.Serve|net/http\.\(\*http2serverConn\)\..*")
# What starts just what it is given, and leaves it to whom it came from.
_STARTS_FOR_OTHERS = re.compile(
    r"sync\.\(\*WaitGroup\)\.Go"
    r"|(?:.*/)?golang\.org/x/sync/errgroup\.\(\*Group\)\.(?:Go|TryGo|add)"
    r"|(?:.*/)?github\.com/sourcegraph/conc(?:/\w+)?\.\(\*\w+(?:\[\.\.\.\])?\)\.[Gg]o"
)
_ACCEPTS = re.compile(r".*\.Accept(?:TCP|Unix|Stream|Session)?")
# So near to the innermost call a goroutine stands in it that waits for connections.
_ACCEPTS_WITHIN = 8
_READS_CONNECTION = "net.(*conn).Read"
# Who reads from a connection below one of these is its client.
_CLIENTS = (
    "database/sql.",
    "net/http.(*Transport)",
    "net/http.(*persistConn)",
    "net/http.(*Client)",
)
# What a function literal has behind the name of the function around it.
_LITERAL = re.compile(r"\.(?:func|gowrap)\d")
# The body of a loop over a function is one of its own.
_BODY_OF_LOOP = re.compile(r"-range\d+$")
_HANDLES = ".ServeHTTP"
_WAITS_FOR_TASKS = "sync.WaitGroup.Wait"
_WAITS_AT_CHANNEL = frozenset({"chan receive", "chan send", "select"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line that starts goroutines.

    Attributes:
        at: the ``go`` statement.
        runs: what they run, in the program's own code, where the statement stands in a library;
            else empty.
    """

    at: Frame
    runs: str = ""

    def __hash__(self) -> int:
        # Asked for each task of a dump: one call, and not two.
        return hash((self.at.function, self.at.line, self.runs))


class Origin:
    """What the stack of some who are alike tells.

    Args:
        alike: they.
    """

    __slots__ = ("_accepts", "_alike", "_between", "_inside", "_waits", "line", "own", "serves")

    own: tuple[Frame, ...]
    """The calls of the program's own that they are in."""
    serves: bool
    """Whether a handler runs in them, or will when the next request comes."""
    line: Line | None
    """The line that has started them; None if they are no task of anybody.

    These are helpers of a library, and goroutines of which nobody has noted who made them.
    """

    def __init__(self, alike: Alike) -> None:
        self._alike = alike
        # Asked of makers only, of these as often as they have made something.
        self._inside: dict[Line, bool] | None = None
        self._between: bool | None = None
        self._waits: bool | None = None
        self._accepts: tuple[Frame | None] | None = None
        self.own = tuple(own_calls(alike.stack))
        self.serves = self._serves(alike.created_by)
        self.line = None if alike.created_by is None else self._line(alike.created_by)

    @property
    def stack(self) -> Stack:
        """Where they stand."""
        return self._alike.stack

    def _serves(self, made: Frame | None) -> bool:
        if serves(self.stack):
            return True
        return made is not None and self.in_program and _is(_MADE_TO_SERVE, made)

    def _line(self, made: Frame) -> Line | None:
        if whose(made) is Whose.PROGRAM and not _is(_STARTS_FOR_OTHERS, made):
            return Line(made)
        if self.own:
            return Line(made, self.own[-1].function)
        # One that was just made may not have come to the program's own function yet.
        return Line(made) if _is(_STARTS_FOR_OTHERS, made) else None

    @property
    def between_requests(self) -> bool:
        """Whether they serve a connection, and no handler runs in them now."""
        if self._between is None:
            handles = any(frame.function.endswith(_HANDLES) for frame in self.stack)
            self._between = self.serves and not self.in_program and not handles
        return self._between

    @property
    def in_program(self) -> bool:
        """Whether they stand in a call of the program's own."""
        return bool(self.own)

    @property
    def created(self) -> Line | None:
        """The line that has created them, whoever they are."""
        made = self._alike.created_by
        if made is None or _is(_STARTS_FOR_OTHERS, made):
            return self.line
        return Line(made)

    @property
    def runs(self) -> str:
        """The outermost function of the program that they are in; else the outermost of all."""
        first = self.own[-1] if self.own else outermost(self.stack)
        return "" if first is None else first.function

    @property
    def functions(self) -> frozenset[str]:
        """The functions of the program that they are in."""
        return frozenset(frame.function for frame in self.own)

    def stands_in(self, line: Line) -> bool:
        """Tell whether they are still in the function that has ``line``."""
        if self._inside is None:
            self._inside = {}
        inside = self._inside.get(line)
        if inside is None:
            inside = self._inside[line] = self._stands_in(line)
        return inside

    def _stands_in(self, line: Line) -> bool:
        if not _is(_STARTS_FOR_OTHERS, line.at):
            made_in = _plain(line.at.function)
            return any(_plain(frame.function) == made_in for frame in self.stack)
        if not _LITERAL.search(line.runs):
            # A method, or one that has not begun: it has no name that would tell.
            return self.waits_for_tasks
        return any(line.runs.startswith(f"{_plain(name)}.") for name in self.functions)

    def place_of(self, line: Line) -> Frame:
        """Return the line of the program that stands for ``line`` in who has started it."""
        if whose(line.at) is Whose.PROGRAM:
            return line.at
        around = (frame for frame in self.own if line.runs.startswith(f"{_plain(frame.function)}."))
        return next(around, line.at)

    @property
    def waits_for_tasks(self) -> bool:
        """Whether they wait until a group of tasks has ended."""
        return self._alike.state == _WAITS_FOR_TASKS

    @property
    def waits_at_channel(self) -> bool:
        """Whether the program itself, and no library for it, waits at a channel."""
        if self._waits is None:
            innermost = next(without_runtime(self.stack), None)
            at_channel = self._alike.state in _WAITS_AT_CHANNEL
            self._waits = at_channel and self.own[:1] == (innermost,)
        return self._waits

    @property
    def accepts_in(self) -> Frame | None:
        """The call that waits for connections, if that is what they do."""
        if self._accepts is None:
            near = self.stack[:_ACCEPTS_WITHIN]
            at = [i for i, frame in enumerate(near) if _ACCEPTS.fullmatch(frame.function)]
            caller = self.stack[at[-1] + 1 :] if at else ()
            self._accepts = (next(iter(caller), None),)
        return self._accepts[0]

    def accepted(self, made_at: Frame) -> bool:
        """Tell whether they start a goroutine for each connection at ``made_at``."""
        call = self.accepts_in
        return (
            call is not None
            and (call.function, call.file) == (made_at.function, made_at.file)
            and call.line <= made_at.line
        )

    @property
    def serves_connection(self) -> bool:
        """Whether they read from a connection that somebody has left to them."""
        functions = [frame.function for frame in self.stack]
        return _READS_CONNECTION in functions and not any(
            function.startswith(_CLIENTS) for function in functions
        )


def own_calls(stack: Stack) -> Iterator[Frame]:
    """Yield the calls of the program's own."""
    for frame in stack:
        if whose(frame) is Whose.PROGRAM and not _STARTS_FOR_OTHERS.match(frame.function):
            yield frame


def serves(stack: Stack) -> bool:
    """Tell whether a goroutine of a server runs, in which handlers run."""
    first = outermost(stack)
    return first is not None and _is(_SERVES, first)


def _plain(function: str) -> str:
    return _BODY_OF_LOOP.sub("", function)


def _is(pattern: re.Pattern[str], frame: Frame) -> bool:
    return pattern.fullmatch(frame.function) is not None
