"""Names the cause of a flood: which of the five, at which line, how sure, and what to do.

From a dump or a profile of a Go or Python service to a list of findings, in three steps: `load`
reads whatever it is given, `look_at` makes groups of it, `diagnose` puts several looks together and
asks each file under ``causes`` what it suspects. `compare` puts the result beside an older one,
`leave_out` takes away what somebody has found to be well; `text`, `html`, `document` and `sarif`
tell it. A service that runs is asked by `examine`.

Where what lives, in the order in which data flow:

- asked and read: ``_examine``, ``_tasks_asked``, ``_load``, ``_in_turn``, ``_tasks``, ``_together``
- a moment: ``_looks``, from dumps, profiles, traces (``_traced``) and waits (``_contention``)
- whose code, and who made whom: ``_program``, ``_semaphores``, ``_origin``, ``_alike``,
  ``_family``, ``_requests``, ``_lineage``, ``_spawns``
- all moments of a patient: ``_case``, with ``_places``, ``_entries``, ``_python_requests``
- what is wrong: ``causes`` (what one says: ``_cause``), judged by ``_diagnose`` and ``_testimony``
- what is known and what is told: ``_settings``, ``_ignore``, ``_comparison``, ``_baseline``,
  ``_report``
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.doctor._baseline import compare
from snowshed.doctor._comparison import Change, Comparison, Fingerprint, Gone, Standing
from snowshed.doctor._diagnose import Diagnosis, diagnose
from snowshed.doctor._examine import Ask, Examined, examine
from snowshed.doctor._ignore import Ignore, leave_out, parse_ignore
from snowshed.doctor._load import Loaded, load, load_file, not_wanted
from snowshed.doctor._looks import Group, Look, Where, look_at
from snowshed.doctor._report import text

if TYPE_CHECKING:
    from snowshed.doctor._report import document, html, sarif

__all__ = [
    "Ask",
    "Change",
    "Comparison",
    "Diagnosis",
    "Examined",
    "Fingerprint",
    "Gone",
    "Group",
    "Ignore",
    "Loaded",
    "Look",
    "Standing",
    "Where",
    "compare",
    "diagnose",
    "document",
    "examine",
    "html",
    "leave_out",
    "load",
    "load_file",
    "look_at",
    "not_wanted",
    "parse_ignore",
    "sarif",
    "text",
]


def __getattr__(name: str) -> object:
    """Load the other reports when one is asked for: the command starts faster without them."""
    if name not in {"document", "html", "sarif"}:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from snowshed.doctor import _report  # noqa: PLC0415 - see above

    return getattr(_report, name)
