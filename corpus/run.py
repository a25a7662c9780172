"""Flood a program of the corpus and say what came of it.

``python -m corpus.run task_in_handler/bad`` prints one line of JSON; without a name, it prints one
for each program. How a pair is flooded stands in ``corpus/floods/<name of the pair>.py``: both get
the same flood. Such a module has

* ``MEASURES``: what it counts, in words;
* ``AT_MOST``: as much of it as a sound service may have. A good program stays within it, a bad one
  exceeds it;
* ``VIRTUAL``: whether time may jump while nothing happens. It may in programs of pure asyncio;
* ``flood(service)``: an async function that does it, and returns the figure.

A program runs in a process of its own, which then ends at once, whatever of the program still runs:
that is what the bad ones are about.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any, NoReturn

from corpus._programs import Program, program, programs
from snowshed.testing import run_virtual

if TYPE_CHECKING:
    from types import ModuleType

PATIENCE = 30
"""Seconds after which a program is ended that does not come to an end, as one of many."""
LIBRARIES = ("aiohttp.test_utils", "fastapi", "httpx", "redis.asyncio", "requests")
"""What takes longer to load than most floods take: for all of them it is done once."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a flood has shown.

    Attributes:
        program: its name.
        measures: what was counted.
        value: how much of it there was.
        at_most: how much of it a sound service may have.
    """

    program: str
    measures: str
    value: float
    at_most: float

    @property
    def is_flooded(self) -> bool:
        """Tell whether it is more than a sound service may have."""
        return self.value > self.at_most


async def shown(one: Program, service: ModuleType) -> Evidence:
    """Flood a program, which may leave anything behind."""
    flood: Any = import_module(f"corpus.floods.{one.twins}")
    value: float = await flood.flood(service)
    return Evidence(str(one), flood.MEASURES, value, flood.AT_MOST)


def _loaded(one: Program) -> ModuleType:
    """Import the program from its file."""
    spec = spec_from_file_location("service", one.path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    # What pydantic and dataclasses read of a class they look up in its module.
    sys.modules["service"] = module
    spec.loader.exec_module(module)
    return module


async def _told(one: Program, service: ModuleType) -> None:
    """Print what was shown, and end the process: tasks that cannot be ended would keep the loop."""
    evidence = await shown(one, service)
    print(json.dumps(asdict(evidence)), flush=True)
    os._exit(0)


def flooded(name: str) -> NoReturn:
    """Flood a program, print a line of JSON and end this process."""
    one = program(name)
    flood: Any = import_module(f"corpus.floods.{one.twins}")
    run = run_virtual if flood.VIRTUAL else asyncio.run
    run(_told(one, _loaded(one)))
    raise AssertionError


def main(names: list[str]) -> None:
    """Flood programs, each in a process of its own: with no names, all there are."""
    if len(names) == 1:
        flooded(names[0])
    for library in LIBRARIES:
        import_module(library)
    for name in names or map(str, programs()):
        if pid := os.fork():
            os.waitpid(pid, 0)
        else:
            signal.alarm(PATIENCE)
            flooded(name)


if __name__ == "__main__":
    main(sys.argv[1:])
