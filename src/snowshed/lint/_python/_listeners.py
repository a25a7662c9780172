"""Threads that write the log of Python later, and what has them write the rest at the end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._nodes import last_name, targets_of, written
from snowshed.lint._python._uses import uses_of

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module

__all__ = ["unstopped"]


def unstopped(folder: Folder) -> Iterator[Finding]:
    """Yield the listeners that are started and never stopped: what SN508 says of Python."""
    for module in folder.modules:
        for call in module.calls_of("logging.handlers.QueueListener"):
            starts = _start_of(module, call)
            if starts is None or _may_be_stopped(folder, module, call):
                continue
            held = written(starts.func).rpartition(".")[0]
            name = f"`{held}`" if len(held) <= 40 else "the listener"
            message = f"{name} is never stopped: what is in its queue at the end is not written"
            is_sure = _is_of_nobody_else(module, call)
            tier, confidence = (Tier.DEFAULT, 0.9) if is_sure else (Tier.ADVICE, 0.7)
            yield module.finding("SN508", starts, message, tier=tier, confidence=confidence)


def _start_of(module: Module, call: ast.Call) -> ast.Call | None:
    """Return the call that starts the listener which ``call`` makes; None if nothing here does."""
    above = module.parent(call)
    if isinstance(above, ast.Attribute):
        starts = module.parent(above)
        return starts if above.attr == "start" and isinstance(starts, ast.Call) else None
    held = [written(target) for target in targets_of(above)]
    for starts in module.calls_named("start"):
        of = starts.func.value if isinstance(starts.func, ast.Attribute) else starts.func
        if written(of) in held:
            return starts
    return None


def _is_of_nobody_else(module: Module, call: ast.Call) -> bool:
    """Tell whether no other package can have it, and stop it."""
    targets = targets_of(module.parent(call))
    if not all(isinstance(target, ast.Name) for target in targets):
        return False
    function = module.function_of(call)
    names = [last_name(target) for target in targets]
    if not function.is_top and not function.shared & {*names}:
        return True
    is_main = any(
        isinstance(above, ast.If) and "__main__" in written(above.test) for above in module.up(call)
    )
    return is_main or all(name.startswith("_") for name in names)


def _may_be_stopped(folder: Folder, module: Module, call: ast.Call) -> bool:
    """Tell whether something in the folder stops what has its name, or another function has it."""
    targets = targets_of(module.parent(call))
    names = [re.escape(last_name(target).encode()) for target in targets]
    stops = re.compile(rb"\b(?:%s)\.stop\b" % b"|".join(names)) if names else None
    if stops is not None and any(stops.search(each.source.content) for each in folder.modules):
        return True
    is_local = len(targets) == 1 and isinstance(targets[0], ast.Name)
    function = module.function_of(call)
    if not is_local or function.is_top or last_name(targets[0]) in function.shared:
        return False
    uses = uses_of(module, call)
    return uses.is_ended or uses.is_handed_on
