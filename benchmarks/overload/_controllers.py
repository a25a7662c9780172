"""What protects the service: the commands that start it under each controller."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.overload import _envoy
from benchmarks.overload._scenarios import OBJECTIVE

BARE = "benchmarks.overload._service:app"
LIMITED = "benchmarks.overload._limited"
# Idle connections stay open as long as a row lasts; refusals are not logged.
QUIET = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error")
UVICORN = ("-m", "uvicorn", *QUIET, "--timeout-keep-alive", "75")
RUN = ("-m", "snowshed", "run", "--mode", "enforce", "--objective", f"{OBJECTIVE:g}", "--")


@dataclass(frozen=True, slots=True)
class Controller:
    """A way to protect the service.

    Attributes:
        name: for the table.
        says: what it is, in a few words.
        app: the application that uvicorn serves.
        options: more options of uvicorn.
        before: arguments of Python before those of uvicorn.
        light: whether the service has a light answer.
        proxied: whether Envoy stands before it.
    """

    name: str
    says: str
    app: str = BARE
    options: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    light: bool = False
    proxied: bool = False

    def command(self, port: int) -> list[str]:
        """Return the command that serves on ``port``."""
        own = (*UVICORN, *self.options, "--port", str(port), self.app)
        return [sys.executable, *self.before, *((sys.executable,) if self.before else ()), *own]

    @property
    def installed(self) -> bool:
        """Tell whether it can run here."""
        found = all(find_spec(name) is not None for name in ("uvicorn", "uvloop", "httptools"))
        return found and (not self.proxied or _envoy.binary() is not None)


CONTROLLERS: dict[str, Controller] = {
    controller.name: controller
    for controller in (
        Controller("none", "no control"),
        Controller(
            "uvicorn16",
            "uvicorn --limit-concurrency 16",
            options=("--limit-concurrency", "16"),
        ),
        Controller(
            "uvicorn100",
            "uvicorn --limit-concurrency 100",
            options=("--limit-concurrency", "100"),
        ),
        Controller("gradient2", "Gradient2, Netflix's defaults", app=f"{LIMITED}:gradient2"),
        Controller("vegas", "Vegas, Netflix's defaults", app=f"{LIMITED}:vegas"),
        Controller("envoy", "Envoy, adaptive concurrency", proxied=True),
        Controller("snowshed", "snowshed run --mode enforce", before=RUN),
        Controller("snowshed-light", "the same, with a light answer", before=RUN, light=True),
    )
}

_LIMITERS = ("uvicorn16", "gradient2", "vegas", "envoy", "snowshed")
_COMPARED: dict[str, tuple[str, ...]] = {
    "uniform": ("none", "uvicorn16", "uvicorn100", "gradient2", "vegas", "envoy", "snowshed"),
    "brownout3": ("none", *_LIMITERS),
    "brownout5": _LIMITERS,
    "mixshift": (*_LIMITERS, "snowshed-light"),
    "stale": _LIMITERS,
    "parked": ("none", "uvicorn16", "snowshed"),
    "hops": ("none", "uvicorn16", "gradient2", "snowshed"),
    "warm": ("snowshed",),
}


def compared(scenario: str) -> list[Controller]:
    """Return the controllers that meet a scenario, in the order of the table."""
    return [CONTROLLERS[name] for name in _COMPARED[scenario]]


def controller_of(name: str) -> Controller:
    """Return the controller of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in CONTROLLERS:
        msg = f"no controller {name!r}; there are {', '.join(CONTROLLERS)}"
        raise ValueError(msg)
    return CONTROLLERS[name]
