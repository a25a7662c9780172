"""Names of functions that say where the function is.

``Queue.get`` is one line of a profile, and three libraries have one. Go's profiles write the
package in front, as ``net/http.(*conn).serve``, and people search and group by it. A frame knows
its file; which module that is, is known to the interpreter.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model import Frame, Profile, Stack

__all__ = ["Names"]


class Names:
    """Frames with the module in front of the function; for one profile, as modules come and go.

    Args:
        modules: by name, as ``sys.modules``.

    Cost: O(modules) once, then a look-up for each frame.
    """

    def __init__(self, modules: Mapping[str, ModuleType] | None = None) -> None:
        # Copied at once: other threads import meanwhile.
        known = tuple((sys.modules if modules is None else modules).items())
        self._modules: dict[str, str] = {}
        for name, module in known:
            file = _file_of(module)
            # The first name is the real one; `__main__` may be imported again by its own.
            if file is not None:
                self._modules.setdefault(file, name)
        self._frames: dict[Frame, Frame] = {}

    def of(self, frame: Frame) -> Frame:
        """Return ``frame`` with the module in its name, unless no module is known for its file."""
        named = self._frames.get(frame)
        if named is None:
            module = self._modules.get(frame.file)
            named = frame if module is None else replace(frame, function=_in(module, frame))
            self._frames[frame] = named
        return named

    def of_stack(self, stack: Stack) -> Stack:
        """Return ``stack`` with the module in each name."""
        return tuple(map(self.of, stack))

    def of_profile(self, profile: Profile) -> Profile:
        """Return ``profile`` with the module in each name."""
        samples = (replace(each, stack=self.of_stack(each.stack)) for each in profile.samples)
        return replace(profile, samples=tuple(samples))


def _in(module: str, frame: Frame) -> str:
    has_it = frame.function.startswith(f"{module}.")
    return frame.function if has_it else f"{module}.{frame.function}"


def _file_of(module: object) -> str | None:
    # By dictionary, not by attribute: a lazy module must not wake up.
    file = (
        getattr(module, "__dict__", {}).get("__file__") if isinstance(module, ModuleType) else None
    )
    return file if isinstance(file, str) else None
