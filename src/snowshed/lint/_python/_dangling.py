"""Tasks that nobody keeps and nobody looks at."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from snowshed.lint._python._fate import End, fate_of

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module
    from snowshed.lint._python._spawns import Spawn

__all__ = ["is_dangling"]

_LOOKED_AT = frozenset({"add_done_callback", "result", "exception"})
_KNOWN = re.compile(rb"#\s*noqa:.*\b(?:RUF006|ASYNC300|F841)\b")


def is_dangling(folder: Folder, module: Module, spawn: Spawn) -> bool:
    """Tell whether nobody keeps the task, and no other rule tells of it."""
    if spawn.kind != "task" or _is_left_out(folder, module, spawn):
        return False
    fate = fate_of(module, spawn.call)
    if fate.end is not End.DROPPED or fate.asked & _LOOKED_AT:
        return False
    return not _is_known(module, spawn.call)


def _is_known(module: Module, call: ast.Call) -> bool:
    """Tell whether its author was told of it by another linter, and said that it is well so."""
    source = module.source
    lines = {call.lineno, call.end_lineno or call.lineno}
    texts = (source.content[source.start_of(line) :].partition(b"\n")[0] for line in lines)
    return any(_KNOWN.search(text) for text in texts)


def _is_left_out(folder: Folder, module: Module, spawn: Spawn) -> bool:
    function = module.function_of(spawn.call)
    if function.short_name == "__del__":
        # There is nobody left to keep it.
        return True
    handler = folder.request_of(function)
    if handler is not None:
        return handler.kind != "websocket"
    return folder.asked_by(function) is not None
