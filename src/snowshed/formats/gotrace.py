"""Execution traces of Go: what every goroutine did, second by second.

A dump tells where goroutines stand, a profile how many. Only a trace tells how they got there: who
created them, at what rate, how long they waited for a processor before they ran at all, what they
waited for then and who ended the wait. ``curl -o trace.out
'http://service:6060/debug/pprof/trace?seconds=3'`` makes one.

It is also by far the largest of Go's formats: a busy service writes tens of megabytes a second.
So it is read as a stream, from a file or straight from the service, and what has ended is added up
and forgotten: memory is bounded by a second of trace and by the goroutines that live. A trace has
generations of about a second, and `read` can stop after some of them.

A trace that was cut off, or that is damaged, gives what can be read, with a line in
``GoTrace.warnings`` for each kind of fault. Traces of Go before 1.22 have another format.

Source of the semantics: ``runtime/trace*.go`` and ``internal/trace`` of Go 1.27; the times and
counts in ``GoTrace.blocked`` are those of ``go tool trace -pprof=sync``, ``net`` and ``syscall``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from snowshed.errors import FormatError
from snowshed.formats._faults import Faults
from snowshed.formats._gotrace import (
    FORMAT,
    NEWEST,
    Readable,
    Reader,
    Source,
    generations,
    result_of,
    version_of,
)
from snowshed.formats._input import is_trace

if TYPE_CHECKING:
    from snowshed.model import GoTrace

__all__ = ["AT_MOST", "Readable", "is_trace", "read"]

AT_MOST = 4 << 30
"""Bytes of a trace, once decompressed, that are read, unless `read` is told otherwise."""


def read(
    file: Readable,
    *,
    max_seconds: float | None = None,
    max_generations: int | None = None,
    at_most: int = AT_MOST,
    goroutines_at_most: int = 100_000,
    progress: Callable[[int], object] | None = None,
) -> GoTrace:
    """Return what a trace tells of goroutines.

    Events of processors, the heap, and the program's own tasks and regions are counted, not kept.
    A goroutine that is older than the trace has no creation path: the trace does not tell it.

    Args:
        file: gives the bytes of the trace, gzip'd or not; it is read as far as needed.
        max_seconds: stop after the generation in which so much time has passed.
        max_generations: stop after so many generations.
        at_most: bytes to read, once decompressed; what comes behind is left out.
        goroutines_at_most: of those that live at the end, how many to return one by one.
        progress: called after each generation with the number of bytes so far, decompressed.

    Returns:
        All that could be read; what could not is in its ``warnings``.

    Raises:
        FormatError: it is no trace, it has the format of Go before 1.22, or no generation of it is
            complete.
    """
    source = Source(file, at_most)
    version = version_of(source)
    newer = f"its version, {version}, is newer than {NEWEST}: read as if it were that"
    faults = Faults((newer,) if version > NEWEST else ())
    reader = Reader(faults)
    for generation in generations(source, version, faults):
        reader.add(generation)
        if progress is not None:
            progress(source.at)
        enough = max_seconds is not None and reader.seconds >= max_seconds
        if enough or (max_generations is not None and reader.generations >= max_generations):
            what = f"after {reader.generations} generations, {reader.seconds:.3f} s"
            faults.note("stops that were asked for", what)
            break
    if not reader.generations:
        why = "; ".join(faults.lines()) or "there is nothing behind the header"
        what = f"no generation is complete: {why}; record for longer, and let it finish"
        raise FormatError(FORMAT, f"byte {source.at}", what)
    return result_of(reader, version, goroutines_at_most)
