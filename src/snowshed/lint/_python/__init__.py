"""The Python files of one folder, as rules see them.

A rule never walks a tree: it begins at an index, and climbs from there. How to write one:

1. ``for module in folder.modules:`` and ``for call in module.calls_of("asyncio.create_task"):``:
   the calls by their full name, whatever it was imported as; ``module.calls_named("put_nowait")``
   by their last name, whoever it belongs to. ``folder.functions()`` yields every function.
2. ``function = module.function_of(call)``; a ``Function`` has the ``calls``, ``awaits``, ``loops``
   (comprehensions, too), ``withs``, ``assigns``, ``exits`` (return, yield) and ``tries`` of its own
   body, without those of the functions in it; ``function.names["x"]`` is each use of a name,
   in these as well. What stands in no function belongs to ``module.top``.
3. ``module.dotted(node)`` is ``"asyncio.get_running_loop().create_task"``; ``""`` for what was not
   imported (``last_name(node)`` is ``"create_task"`` all the same). ``module.origin(node)`` follows
   a variable, attribute or annotation to what it was made by: ``"requests.Session().get"``.
4. Upwards: ``module.parent(node)``, ``module.up(node)`` (each node above it in its function),
   ``module.nearest(node, ast.If)``, ``module.loop_of(node)``, ``module.withs_of(node)``,
   ``module.statement_of(node)``, ``module.is_awaited(node)``.
5. ``handler = folder.handler_of(function)`` is None, or what makes it a request handler
   (``handler.kind``: ``http``, ``websocket``, ``grpc``, ``middleware``; ``handler.how``);
   ``folder.request_of(function)`` is the same for a function written inside of one, and
   ``folder.asked_by(function)`` a handler that calls it.
6. ``helper = folder.helper(module, call)`` is the function of this folder that the call calls (of
   this module, a neighbour module or the same class), or None; ``helper.module`` is its module.
7. ``folder.blocks(function)`` is the call in it that sleeps or does I/O and blocks the loop;
   ``module.spawns`` and ``function.spawns`` are the calls that start a task or a thread;
   ``fate_of(module, call)`` says what becomes of a value: ``End.AWAITED``, ``DROPPED``, ...
8. ``yield module.finding(RULE, call, "message", related=(module.related(node, "words"),))``.
9. Fixes: ``Fix("what it does", (module.put_before(node, "x("), module.put_after(node, ")")))``,
   ``module.replaced(node, "text")``; ``safe=True`` only if it can only mend.
10. What does not parse is in ``folder.problems``, and is none of a rule's business.

Where what lives:

- the model: ``_read``, ``_folder``, ``_module``, ``_function``, made in one pass (``_walk``,
  ``_nodes``); ``_names`` and ``_objects`` say what a name stands for, ``_places`` where a node is,
  ``_prefilter`` what need not be read
- what rules ask about: ``_handlers``, ``_spawns``, ``_limits``, ``_many`` (over what a loop goes),
  ``_fate`` (what becomes of a task), ``_dangling`` and ``_uses`` (of a client), ``_network``,
  ``_locks``, ``_events``
- what is wrong, where it is more than one rule's file has room for: ``_fanout``, ``_turns``,
  ``_remade``, ``_executors``, ``_timeouts``, ``_no_timeout``, ``_streams``, ``_writers`` (and
  ``_ways`` out of a function), ``_listeners``, ``_queues`` and ``_grows``, ``_consumers``,
  ``_never_set``, ``_good_path``, ``_lock_order``, ``_lock_twins``
- fixes: ``_wrapping``
"""

from __future__ import annotations

from snowshed.lint._python._fate import End, Fate, fate_of
from snowshed.lint._python._folder import Folder
from snowshed.lint._python._function import Function
from snowshed.lint._python._handlers import Handler
from snowshed.lint._python._limits import is_limiter
from snowshed.lint._python._module import Module
from snowshed.lint._python._nodes import last_name, written
from snowshed.lint._python._prefilter import matters
from snowshed.lint._python._read import read
from snowshed.lint._python._spawns import Spawn, is_loop, jobs_in

__all__ = [
    "End",
    "Fate",
    "Folder",
    "Function",
    "Handler",
    "Module",
    "Spawn",
    "fate_of",
    "is_limiter",
    "is_loop",
    "jobs_in",
    "last_name",
    "matters",
    "read",
    "written",
]
