"""The threads that a test leaves running."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowshed._pytest_plugin import _findings
from snowshed._pytest_plugin._findings import Finding, place_of_site
from snowshed._pytest_plugin._ignored import HELPERS, is_ignored, module_of

if TYPE_CHECKING:
    from snowshed._pytest_plugin._watch import Watch


def left(watch: Watch, pauses: list[float], sleep: Callable[[float], None]) -> list[Finding]:
    """Return the threads of the test that still run when the pauses are over."""
    running = _running(watch)
    for pause in pauses:
        if not running:
            break
        sleep(pause)
        running = [thread for thread in running if thread.is_alive()]
    return [_finding(watch, thread) for thread in running]


def _running(watch: Watch) -> list[threading.Thread]:
    alive = [thread for thread in watch.threads if thread.is_alive()]
    ignored = (*HELPERS, *watch.ignore)
    return [thread for thread in alive if not is_ignored(ignored, _names(watch, thread))]


def _names(watch: Watch, thread: threading.Thread) -> list[str]:
    target: Any = getattr(thread, "_target", None)
    names = [thread.name, f"{type(thread).__module__}.{type(thread).__qualname__}"]
    if target is not None:
        names.append(f"{getattr(target, '__module__', '')}.{getattr(target, '__qualname__', '')}")
    return [*names, *module_of(watch.threads.of(thread))]


def _finding(watch: Watch, thread: threading.Thread) -> Finding:
    root: Path = watch.root
    target = getattr(thread, "_target", None) or type(thread).run
    frame = sys._current_frames().get(thread.ident or 0)
    return Finding(
        "thread",
        _findings.given_name(thread.name),
        _findings.function_name(target),
        place_of_site(watch.threads.of(thread), root),
        _findings.user_place(_findings.stack_of(frame), root),
    )
