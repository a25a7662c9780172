"""Who holds up whom: the graph of waits between tasks.

Four thousand tasks that wait look like four thousand problems. Nearly always they are one: a task
that does not end, or a lock that is not given back, and behind it a line, and behind each of the
line whoever awaits it. What is worth knowing is the head of such a line, and how many stand behind
it. What is worth an alarm is a line without a head: tasks that wait, through others, for
themselves.

`WaitGraph.of` finds both in one look at the tasks.
"""

from __future__ import annotations

from snowshed.observe._waits._graph import WaitGraph
from snowshed.observe._waits._place import place_of
from snowshed.observe._waits._result import Cascade, Deadlock, Step
from snowshed.observe._waits._text import duration

__all__ = ["Cascade", "Deadlock", "Step", "WaitGraph", "duration", "place_of"]
