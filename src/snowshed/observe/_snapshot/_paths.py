"""From the code objects of a chain to its stack and to what it is known to wait for.

A flood is a hundred thousand tasks at one place. So what a chain of code objects means is worked
out once, and every task that has the same chain shares the result: one stack, one verdict.

Lines are the costly part, as only a frame knows which line a function has reached, and a frame
object that was made stays until the function ends. Most functions need none: where all that a
function awaits stands on one line, that is the line. For the others frames are made, up to a bound;
beyond it a chain is given the line that chains with the same functions have, if these all have the
same, and else none, written as line 0.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any

from snowshed.core._line import line_of
from snowshed.model import Frame, Stack
from snowshed.observe._snapshot._chain import LINKS_AT_MOST, Chain, frame_of
from snowshed.observe._snapshot._resources import COMPILED, TIMEOUT, Known, known_codes

if TYPE_CHECKING:
    from types import FrameType, TracebackType

# A stack that is deeper is cut in the middle, with a mark.
SHOWN_AT_MOST = 128
# So many frame objects are made in one look: 25 megabytes, for as long as what they show lasts.
FRAMES_AT_MOST = 100_000
_RESUME = dis.opmap["RESUME"].to_bytes()
# What the argument of RESUME says: after a yield, a `yield from`, an await.
_AFTER_A_WAIT = {1, 2, 3}
_NOWHERE = -2
# Of a task whose coroutine is no coroutine, or is gone.
_NO_FUNCTION = Frame("unknown", "", 0)


class Path:
    """What one chain of code objects means.

    Attributes:
        codes: held, so that no other code object gets the id by which the path is found.
        function: the outermost.
        known: what it is known to wait for; None if nothing.
        place: the link of the chain that decided.
        timed: whether a timeout may end the wait, whatever decided.
        several: the links whose line only a frame tells.
        stacks: by the instructions at which these stand.
    """

    __slots__ = ("codes", "function", "known", "place", "several", "stacks", "timed")

    def __init__(
        self,
        codes: Sequence[CodeType | None],
        function: Frame,
        known: Known | None,
        place: int,
        several: list[int],
        *,
        timed: bool,
    ) -> None:
        self.codes = codes
        self.function = function
        self.known = known
        self.place = place
        self.several = several
        self.timed = timed
        self.stacks: dict[tuple[int, ...], Stack] = {}


class Paths:
    """The paths of one look, or of many; bounded by the code that there is.

    Attributes:
        guessed: stacks with a line that was taken from others like it, or with none.
    """

    def __init__(self, frames_at_most: int = FRAMES_AT_MOST) -> None:
        self._known: Mapping[int, tuple[CodeType, Known]] = {
            id(code): (code, known) for code, known in known_codes()
        }
        self._paths: dict[tuple[int, ...], Path] = {}
        self._only: dict[int, tuple[CodeType, int]] = {}
        self._frames: dict[tuple[int, int], tuple[CodeType, Frame]] = {}
        self._unknown: dict[str, Frame] = {}
        self._left = frames_at_most
        self.guessed = 0

    def of(self, chain: Chain) -> Path:
        """Return what the code objects of ``chain`` mean."""
        key = tuple(map(id, chain.codes))
        path = self._paths.get(key)
        if path is None:
            path = self._new(chain)
            # Where Cython kept no code object, two chains that differ would look the same.
            if None not in chain.codes:
                self._paths[key] = path
        return path

    def stack(self, path: Path, chain: Chain) -> Stack:
        """Return where a suspended ``chain`` stands, the innermost call first."""
        reached: tuple[int, ...] = ()
        if path.several:
            if self._left >= len(path.several):
                self._left -= len(path.several)
                reached = tuple(map(_offset_of, (chain.links[index] for index in path.several)))
            else:
                self.guessed += 1
                if len(path.stacks) == 1:
                    return next(iter(path.stacks.values()))
                reached = (_NOWHERE,) * len(path.several)
        stack = path.stacks.get(reached)
        if stack is None:
            stack = path.stacks[reached] = self._stack(path, chain, reached)
        return stack

    def frame(self, code: CodeType, offset: int) -> Frame:
        """Return the line of the instruction at ``offset``; the first for -1."""
        key = (id(code), offset)
        found = self._frames.get(key)
        if found is None:
            line = 0 if offset == _NOWHERE else line_of(code, offset)
            found = self._frames[key] = code, Frame(code.co_qualname, code.co_filename, line)
        return found[1]

    def function(self, coro: object, code: CodeType | None) -> Frame:
        """Return the function of a coroutine; only its name if it has no code."""
        if code is not None:
            return self.frame(code, -1)
        name = str(getattr(coro, "__qualname__", None) or type(coro).__qualname__)
        return self._unknown.setdefault(name, Frame(name, "", 0))

    def running(self, frames: Iterable[FrameType]) -> Stack:
        """Return the stack of what runs."""
        return cut([self.frame(frame.f_code, frame.f_lasti) for frame in frames])

    def failed(self, traceback: TracebackType | None) -> Stack:
        """Return where an exception was raised."""
        stack: list[Frame] = []
        while traceback is not None and len(stack) < LINKS_AT_MOST:
            stack.append(self.frame(traceback.tb_frame.f_code, traceback.tb_lasti))
            traceback = traceback.tb_next
        return cut(stack[::-1])

    def _new(self, chain: Chain) -> Path:
        codes = chain.codes
        known: Known | None = None
        place = -1
        several = []
        timed = False
        for index, code in enumerate(codes):
            if code is None:
                continue
            if self._only_offset(code) == _NOWHERE and _is_shown(index, len(codes)):
                several.append(index)
            found = self._known_at(code)
            if found is None:
                continue
            timed = timed or found.rank == TIMEOUT
            if known is None or found.rank > known.rank:
                known, place = found, index
        function = self.function(chain.links[0], codes[0]) if codes else _NO_FUNCTION
        return Path(codes, function, known, place, several, timed=timed)

    def _known_at(self, code: CodeType) -> Known | None:
        found = self._known.get(id(code))
        return found[1] if found else COMPILED.get((code.co_filename, code.co_name))

    def _only_offset(self, code: CodeType) -> int:
        """Return an instruction on the only line at which ``code`` can wait."""
        found = self._only.get(id(code))
        if found is None:
            found = self._only[id(code)] = code, _only_offset(code)
        return found[1]

    def _stack(self, path: Path, chain: Chain, reached: tuple[int, ...]) -> Stack:
        offsets = dict(zip(path.several, reached, strict=True))
        frames = []
        for index, (link, code) in enumerate(zip(chain.links, chain.codes, strict=True)):
            if code is None:
                frames.append(self.function(link, None))
            else:
                offset = offsets.get(index)
                frames.append(
                    self.frame(code, self._only_offset(code) if offset is None else offset)
                )
        if not chain.whole:
            frames.append(Frame(f"... more than {len(frames)} calls ...", "", 0))
        return cut(frames[::-1])


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield ``frame`` and the calls that led to it, the innermost first, 10,000 at most."""
    for _ in range(LINKS_AT_MOST):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def cut(stack: Sequence[Frame]) -> Stack:
    """Return ``stack``, without its middle if it is deep."""
    half = SHOWN_AT_MOST // 2
    if len(stack) <= SHOWN_AT_MOST:
        return tuple(stack)
    left_out = len(stack) - 2 * half
    mark = Frame(f"... {left_out} calls left out ...", "", 0)
    return (*stack[:half], mark, *stack[-half:])


def _is_shown(index: int, length: int) -> bool:
    half = SHOWN_AT_MOST // 2
    return index < half or index >= length - half or length <= SHOWN_AT_MOST


def _offset_of(link: Any) -> int:
    frame = frame_of(link)
    return _NOWHERE if frame is None else frame.f_lasti


def _only_offset(code: CodeType) -> int:
    """Find an instruction on the only line at which ``code`` can wait; `_NOWHERE` if several."""
    if code.co_filename.endswith(".pyx"):
        return -1  # Cython keeps no lines of what it compiles
    only = _NOWHERE
    for offset in _waits(code.co_code):
        if only == _NOWHERE:
            only, line = offset, line_of(code, offset)
        elif line_of(code, offset) != line:
            return _NOWHERE
    return only


def _waits(code: bytes) -> Iterator[int]:
    """Yield where ``code`` goes on after a wait. An instruction is two bytes, with an argument."""
    offset = code.find(_RESUME)
    while offset >= 0:
        if offset % 2 == 0 and code[offset + 1] & 3 in _AFTER_A_WAIT:
            yield offset
        offset = code.find(_RESUME, offset + 1)
