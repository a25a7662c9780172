"""Events and futures that nobody can get at but one folder, in which nobody sets them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._python._events import is_made, made_in, use_of
from snowshed.lint._python._names import assigned
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module

__all__ = ["never_set"]

_WORD = re.compile(r"\w+")


def never_set(folder: Folder) -> Iterator[Finding]:
    """Yield each wait for an event or a future that nobody sets."""
    for module in folder.modules:
        told: set[str] = set()
        mentions: _Mentions | None = None
        for call in made_in(module):
            holder = _holder(module, call)
            name = last_name(holder) if holder is not None else ""
            if not name.startswith("_") or name in told or name.endswith("__"):
                continue
            told.add(name)
            mentions = mentions or _Mentions(module)
            for wait in _waits_in_vain(folder, mentions, name):
                message = f"`{written(wait)}` waits for ever: nobody ever sets `{name}`"
                yield module.finding(
                    "SN316", wait, message, related=(module.related(call, "it is made here"),)
                )


def _holder(module: Module, call: ast.Call) -> ast.expr | None:
    """Return the attribute of ``self``, of a class or the variable of the module it is kept in."""
    above = module.parent(call)
    if not isinstance(above, (ast.Assign, ast.AnnAssign)):
        return None
    targets = above.targets if isinstance(above, ast.Assign) else [above.target]
    target = targets[0] if len(targets) == 1 else None
    if isinstance(target, ast.Attribute):
        return target if last_name(target.value) in {"self", "cls"} else None
    is_outside = module.function_of(call).is_top
    return target if isinstance(target, ast.Name) and is_outside else None


class _Mentions:
    """A module, and the words of its texts, which may be names of something."""

    def __init__(self, module: Module) -> None:
        self.module = module
        texts = []
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                is_docstring = isinstance(module.parent(node), ast.Expr)
                texts += [] if is_docstring else [node.value]
        self.words = frozenset(word for text in texts for word in _WORD.findall(text))


def _waits_in_vain(folder: Folder, mentions: _Mentions, name: str) -> list[ast.expr]:
    """Return the plain waits for what is called ``name``; none if somebody may end them."""
    module, word = mentions.module, name.encode()
    if name in mentions.words:
        return []
    if any(each is not module and word in each.source.content for each in folder.modules):
        return []
    waits = []
    for node in module.named.get(name, ()):
        use = use_of(module, node) if isinstance(node.ctx, ast.Load) else ""
        if use in {"fed", "open"} or (not use and not _is_made_anew(module, node)):
            return []
        if use == "wait":
            waits.append(node)
    return [_whole(module, each) for each in waits]


def _is_made_anew(module: Module, target: ast.expr) -> bool:
    """Tell whether what is assigned there is a new one, or nothing."""
    above = module.parent(target)
    if isinstance(above, ast.Delete):
        return True
    if not isinstance(above, (ast.Assign, ast.AnnAssign)):
        return False
    values = [value for each, value in assigned(above) if each is target]
    return all(
        is_made(module, value)
        or (isinstance(value, ast.Constant) and value.value is None)
        or (isinstance(value, ast.arg) and not value.arg)
        for value in values
    )


def _whole(module: Module, node: ast.expr) -> ast.expr:
    """Return ``x.wait()`` for ``x``; ``x`` itself if it is awaited."""
    above = module.parent(node)
    call = module.parent(above) if isinstance(above, ast.Attribute) else None
    return call if isinstance(call, ast.Call) else node
