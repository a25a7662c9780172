"""Dumps of goroutines as text: what Go serves and prints, and what Python tasks look like in it.

A dump is often all there is: from a log after a crash, from a ticket, from
``/debug/pprof/goroutine?debug=2``. It is made for people, changes with the releases of Go, and is
cut off where a buffer ended. So `read` takes what it knows, puts what stands around the dump into
notes, and says in a warning which line it could not read.

The text has two forms. ``debug=2`` has each goroutine with its id, state, creator and labels; a
crash dump is the same with more in the header. ``debug=1`` has each stack once, with how many stand
there: that is a profile, and read as one. It has lost the frames of the runtime, and with them the
reason for waiting.

Source of the semantics: ``runtime/traceback.go`` and ``runtime/pprof`` of Go 1.27. Each function
costs O(length).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from snowshed.formats._goroutines._states import class_of, state_in

if TYPE_CHECKING:
    from snowshed.model import Goroutine, GoroutineDump, Profile

__all__ = ["class_of", "read", "state_in", "write_debug1", "write_debug2"]


def read(data: str | bytes) -> GoroutineDump | Profile:
    """Return what a text with goroutines says, whichever of the two forms it has.

    Offsets within functions, and addresses of frames and goroutines, are not kept; nor is whether
    the garbage collector scanned a goroutine.

    Args:
        data: the text, in UTF-8, or with a mark that says UTF-16; other text may stand around it.
            A dump that was logged line by line, as JSON or with the same in front of each line but
            for the digits, such as a time and the name of a pod, is read without that; and so is a
            stack that a program has logged as a text in JSON. Of a text of at most 4 MiB also what
            pasting does to it is undone, such as escapes, markup and rows of a table.

    Returns:
        A dump for ``debug=2`` and crash dumps. A profile for ``debug=1`` of the goroutine,
        goroutineleak, threadcreate, block and mutex profiles. What could not be read is in its
        ``warnings``.

    Raises:
        FormatError: there is no goroutine in it.
    """
    # Here and not above, and so below: each of the three is needed by somebody else.
    from snowshed.formats._goroutines import _read  # noqa: PLC0415

    return _read.read(data)


def write_debug2(goroutines: Iterable[Goroutine]) -> str:
    """Return goroutines, or tasks in their form, as Go's text for ``debug=2``.

    A name, a state or a path with line breaks is written with escapes, brackets in a state as
    parentheses: the text stays one that can be read. A call without arguments shows ``(...)``, a
    frame without a file ``?:0``.
    """
    from snowshed.formats._goroutines._write import dump  # noqa: PLC0415

    return dump(goroutines)


def write_debug1(profile: Profile, *, value: int = 0) -> str:
    """Return a profile as Go's text for ``debug=1``, the largest group first.

    Args:
        profile: its first sample type names the profile; samples with the same stack and labels
            become one group; labels that are numbers become texts without their unit.
        value: index of the sample type to show.

    Raises:
        IndexError: the profile has no such sample type.
    """
    from snowshed.formats._goroutines._write import counts  # noqa: PLC0415

    return counts(profile, value)
