"""Changing a module right after it was imported, if it ever is.

The service imports its server long after snowshed has started, and another service another one.
Importing them here to change them would cost what nobody asked for.

A module may also be *half* imported at the moment: uvicorn imports asyncio, which starts snowshed,
in the midst of its own import. Nothing tells when such a module is complete, so it is looked at
again at every later import, and when a loop starts.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Change = Callable[[ModuleType], None]


class _Finder:
    """A finder that finds nothing of its own: it adds a step to the loading of some modules."""

    def __init__(self) -> None:
        self.changes: dict[str, Change] = {}
        self.half_imported: dict[str, Change] = {}
        self.failed: Callable[[str], None] = _ignore
        # What is looked for, in which thread: another finder may in turn ask all finders.
        self._asking: set[tuple[int, str]] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if self.half_imported:
            self.change_completed()
        asking = threading.get_ident(), name
        if name not in self.changes or asking in self._asking:
            return None
        finders = (f for f in sys.meta_path if f is not self and hasattr(f, "find_spec"))
        found = (finder.find_spec(name, path, target) for finder in finders)
        self._asking.add(asking)
        try:
            spec = next((spec for spec in found if spec is not None), None)
        finally:
            self._asking.discard(asking)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            self._call_after(spec.loader, name)
        return spec

    def _call_after(self, loader: Any, name: str) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            loader.exec_module = execute
            execute(module)
            # Not before: who asks only whether there is such a module does not import it.
            change = self.changes.pop(name, None)
            if change is not None:
                self.apply(change, module)

        loader.exec_module = exec_module

    def change_completed(self) -> None:
        """Change the modules that were half imported before and are complete now."""
        for name in tuple(self.half_imported):
            module = sys.modules.get(name)
            if module is not None and not _is_half_imported(module):
                self.apply(self.half_imported.pop(name), module)

    def apply(self, change: Change, module: ModuleType) -> None:
        try:
            change(module)
        except Exception:  # noqa: BLE001 - the import must succeed whatever happens here
            self.failed(f"attaching to {module.__name__}")


def _is_half_imported(module: ModuleType) -> bool:
    return getattr(module.__spec__, "_initializing", False)


def _ignore(_what: str) -> None:
    """Nobody wants to know."""


_finder = _Finder()


def when_imported(name: str, change: Change, failed: Callable[[str], None]) -> None:
    """Call ``change(module)`` when module ``name`` is imported, or now if it was.

    An error of ``change`` is not raised: ``failed`` is called with what was attempted.
    """
    _finder.failed = failed
    module = sys.modules.get(name)
    if module is not None and not _is_half_imported(module):
        _finder.apply(change, module)
        return
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    waiting = _finder.changes if module is None else _finder.half_imported
    waiting[name] = change


def change_completed() -> None:
    """Look again at modules that were half imported when they were to be changed."""
    if _finder.half_imported:
        _finder.change_completed()
