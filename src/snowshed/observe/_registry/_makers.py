"""Which line makes the tasks of a function, where there is only one.

In a flood only one task of many is noted with the line that made it. But most functions are started
as tasks at one place only, and then the line of one is the line of all.
"""

from __future__ import annotations

from types import CodeType
from typing import TYPE_CHECKING

from snowshed.core._read import read

if TYPE_CHECKING:
    from snowshed.observe._registry._live import AnyTask
    from snowshed.observe._registry._site import Site

FUNCTIONS_AT_MOST = 10_000


class Makers:
    """The lines that made tasks which lived for a while, by the function that they run."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        # By the id of the code, which is held so that no other gets it. None: several lines.
        self._of: dict[int, tuple[CodeType, Site | None]] = {}

    def learn(self, task: AnyTask, site: Site) -> None:
        """Note that ``site`` made ``task``."""
        code = code_of(task)
        if code is None:
            return
        known = self._of.get(id(code))
        if known is None:
            if len(self._of) < FUNCTIONS_AT_MOST:
                self._of[id(code)] = (code, site)
        elif known[1] is not None and known[1] is not site:
            self._of[id(code)] = (code, None)

    def only_maker(self, task: AnyTask) -> Site | None:
        """Return the one line that makes tasks of this function; None: several or none."""
        known = self._of.get(id(code_of(task)))
        return None if known is None else known[1]


def code_of(task: AnyTask) -> CodeType | None:
    """Return the code of the coroutine that ``task`` runs; None if it has none."""
    # Not `get_coro()`: an eager task that has finished crashes CPython 3.12.1 there.
    code = read(read(task, "_coro"), "cr_code")
    return code if isinstance(code, CodeType) else None
