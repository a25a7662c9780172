"""Whose task is it: the request's own work, or that of a server, a driver, a helper?

A budget that counts every task in a request's context is wrong by whatever its server and drivers
happen to start: the same request then counts 8 tasks under one server, 11 under another. So a task
is judged by the code that asked for it. That is the innermost frame whose module does not start
tasks on behalf of others, as asyncio, anyio's backend and tracers do; ``modules.toml`` lists who is
who, and a module that no list names is the user's.

Two places have no such frame. A callback of the loop is one: the walk must stop at the frame that
runs the loop, or on uvloop, whose loop has no frames, it would blame whoever started the server.
Code compiled by Cython is the other. There the coroutine itself is judged, beneath its wrappers.

Cost: about 0.6 us for `asyncio.create_task` (three frames). Modules are looked up by name in
a dictionary; code objects hash by value, and ``id`` of one needs a reference that is held for ever.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Coroutine, Mapping
from enum import StrEnum
from pathlib import Path, PurePath
from types import CodeType, FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.attach._settings import Settings

__all__ = ["Classifier", "TaskClass"]


class TaskClass(StrEnum):
    """Whose work a task does; only the user's counts in a budget."""

    USER = "user"
    INFRASTRUCTURE = "infrastructure"
    DRIVER = "driver"
    HELPER = "helper"


# A module's class; that of some of its functions, when it is transparent otherwise; None for a
# transparent one.
_Verdict = TaskClass | Mapping[str, TaskClass] | None

_WRAPPERS_AT_MOST = 8
_MODULES_AT_MOST = 10_000


class Classifier:
    """Judges tasks by the lists in ``modules.toml`` and those that the user adds to them."""

    def __init__(self, settings: Settings) -> None:
        self._verdicts = _Verdicts(_listed(settings))

    def of_frame(
        self, frame: FrameType | None, loop_frame: FrameType | None
    ) -> tuple[TaskClass, CodeType | None, int]:
        """Judge a task by the frames that create it, and find the site of its creation.

        Args:
            frame: the innermost frame to look at.
            loop_frame: the frame that runs the loop, where the walk stops; None to walk to the end.

        Returns:
            The class, the site's code and the offset of its instruction (see `core._line`); no code
            and -1 when no frame asked for the task: then its coroutine tells (`of_coroutine`).
        """
        verdicts = self._verdicts
        decided: TaskClass | None = None
        while frame is not None and frame is not loop_frame:
            verdict = verdicts[frame.f_globals.get("__name__")]
            if isinstance(verdict, TaskClass):
                return decided or verdict, frame.f_code, frame.f_lasti
            if verdict is not None:
                decided = decided or verdict.get(frame.f_code.co_name)
            frame = frame.f_back
        return decided or TaskClass.USER, None, -1

    def of_coroutine(self, coro: object) -> TaskClass:
        """Judge a task by its coroutine, beneath the wrappers of transparent modules."""
        inner = self.unwrap(coro)
        frame = _frame_of(inner)
        if frame is None:
            return self._of_compiled(_code_of(inner))
        return _class_in(self._verdicts[frame.f_globals.get("__name__")])

    def code_of(self, coro: object) -> CodeType | None:
        """Return the code that a task of ``coro`` runs beneath its wrappers, if there is any."""
        return _code_of(self.unwrap(coro))

    def unwrap(self, coro: object) -> object:
        """Return the coroutine that ``coro`` was made to run; ``coro`` itself if it is no wrapper.

        Works before the first step of ``coro``, as in a task factory.
        """
        return self.layers(coro)[-1]

    def layers(self, coro: object) -> list[object]:
        """Return ``coro``, what it wraps, what that wraps, and so on."""
        layers = [coro]
        while len(layers) <= _WRAPPERS_AT_MOST:
            inner = self._wrapped_by(layers[-1])
            if inner is None:
                break
            layers.append(inner)
        return layers

    def _wrapped_by(self, coro: object) -> object | None:
        frame = _frame_of(coro)
        if frame is None or isinstance(self._verdicts[frame.f_globals.get("__name__")], TaskClass):
            return None
        return _coroutine_among(frame.f_locals)

    def _of_compiled(self, code: CodeType | None) -> TaskClass:
        """Judge what has no frame by the path of its source, as Cython notes it."""
        if code is None:
            # The closing of an asynchronous generator: the interpreter's own errand.
            return TaskClass.HELPER
        path = PurePath(code.co_filename)
        parts = () if path.is_absolute() else path.parts
        names = (".".join(parts[start:]) for start in range(len(parts)))
        classes = (_class_in(self._verdicts[name]) for name in names)
        return next((each for each in classes if each is not TaskClass.USER), TaskClass.USER)


class _Verdicts(dict[str | None, _Verdict]):
    """Verdicts by module name, learnt from the lists when a module is first met."""

    def __init__(self, listed: Mapping[str, _Verdict]) -> None:
        super().__init__()
        self._listed = listed

    def __missing__(self, module: str | None) -> _Verdict:
        name = module or ""
        while name and name not in self._listed:
            name = name.rpartition(".")[0]
        verdict = self._listed.get(name, TaskClass.USER)
        # Programs that make up module names exist; memory must not grow with them.
        if len(self) < _MODULES_AT_MOST:
            self[module] = verdict
        return verdict


def _class_in(verdict: _Verdict) -> TaskClass:
    return verdict if isinstance(verdict, TaskClass) else TaskClass.USER


def _frame_of(coro: object) -> FrameType | None:
    """Return the frame of ``coro``: none when Cython compiled it, or when it has ended."""
    frame = _read(coro, "cr_frame")
    return frame if isinstance(frame, FrameType) else None


def _code_of(coro: object) -> CodeType | None:
    code = _read(coro, "cr_code")
    return code if isinstance(code, CodeType) else None


def _read(thing: object, name: str) -> object:
    # As `snowshed.core._read`, which would bring the whole core into each run of pytest.
    try:
        return getattr(thing, name, None)
    except Exception:  # noqa: BLE001 - it is foreign code that runs here
        return None


def _coroutine_among(variables: Mapping[str, object]) -> object | None:
    # Most wrappers hold it in an argument or a closure; anyio since 4.14 in a slot of its handle.
    held = (*variables.values(), _read(variables.get("self"), "_coro"))
    # By type, not by attribute: a lazy proxy among the variables must not wake up.
    return next((value for value in held if issubclass(type(value), Coroutine)), None)


def _listed(settings: Settings) -> dict[str, _Verdict]:
    text = Path(__file__).with_name("modules.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)
    verdicts: dict[str, _Verdict] = dict.fromkeys(lists["transparent"])
    for task_class in TaskClass:
        verdicts.update(dict.fromkeys(lists[task_class], task_class))
    for task_class in (TaskClass.INFRASTRUCTURE, TaskClass.DRIVER, TaskClass.HELPER):
        verdicts.update(dict.fromkeys(getattr(settings, task_class), task_class))
    if sys.version_info < (3, 12):
        for entry in lists["helper_before_3_12"]:
            module, _, function = entry.partition(":")
            verdicts[module] = {function: TaskClass.HELPER}
    return verdicts
