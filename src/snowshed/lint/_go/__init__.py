"""Go as rules see it: packages, functions, their bodies, and which ways lead through them.

From bytes to a rule:

- ``_read`` makes packages of the files of a directory, which ``_parse`` parses without what
  ``_prefilter`` says that nobody asks for
- ``_package``: `Package` with its files, functions, structs, types and variables, by name
- ``_function``: `Function`; its head (``_signature``) and its body are read when somebody asks, by
  ``_statements`` and ``_expressions``, to the tree of ``_nodes`` and ``_expression_nodes``. There
  each name knows its `Variable` (``_scope``), and each node what it stands in
- ``_types``: what type an expression has, and which function of the package a call calls
- ``_flow``: which ways lead through a function; `forward` for what holds at a point of it
- ``_summary``: what a function does by way of those that it calls

On these stand, by what rules ask about:

- objects: ``_place`` and ``_places`` (which one is named), ``_origins`` (where it comes from),
  ``_numbers`` (how many it has), ``_targets`` (whom a call may reach by callbacks and interfaces),
  ``_ways``
- channels: ``_channels`` finds each ``make`` and what is done with it (``_channel``): ``_follow``
  follows it through what ``_mentions`` knows. ``_locals`` has those that stay in their function,
  ``_threads`` which goroutine does what; ``_abandoned``, ``_leaving``, ``_serving`` and
  ``_selfwait`` who of them waits for ever, ``_stops`` who is told to end, ``_turns`` which loop
  leaves out a turn, ``_wording`` how that is told
- wait groups and condition variables: ``_groups``
- locks: ``_locks`` (which call takes which), ``_held`` (at each point of a function), ``_look`` and
  ``_locking`` (by way of others, but those in ``_silent``: ``_events``, of which ``_outward`` tells
  a caller), ``_callers``;
  ``_order``, ``_peers`` and ``_unreleased`` what is wrong with that
- requests and goroutines: ``_handlers`` (who serves), ``_joins`` (who waits for them), ``_limits``;
  ``_detached`` and ``_fanout`` what is wrong
- what has to end: ``_contexts``, ``_timeouts``, ``_closing``, ``_pools`` with ``_remade``,
  ``_unflushed``
- fixes: ``_edits``, ``_one_timer``

A rule begins with ``package.interesting``, the functions that may matter, asks each for what it has
(``function.all(n.Send)``), looks around (``n.inside``, ``variable.uses``) and reports with
``function.file.finding``::

    for function in package.interesting:
        for sent in function.all(n.Send):
            ...
            yield function.file.finding("SN301", sent, "...", related=[related(select, "...")])

What is not seen: other packages, and so the types and functions that come from them; what an
interface holds; what is reached by reflection.
"""

from __future__ import annotations

from snowshed.lint._go._flow import End, Flow, Point, flow_of, forward, operations
from snowshed.lint._go._function import Function
from snowshed.lint._go._package import File, Package, Struct, related
from snowshed.lint._go._prefilter import matters
from snowshed.lint._go._read import read
from snowshed.lint._go._scope import Kind, Variable
from snowshed.lint._go._summary import summaries
from snowshed.lint._go._types import (
    base_of,
    callee,
    channel_element,
    field_type,
    is_channel,
    owner_of,
    type_of,
)

__all__ = [
    "End",
    "File",
    "Flow",
    "Function",
    "Kind",
    "Package",
    "Point",
    "Struct",
    "Variable",
    "base_of",
    "callee",
    "channel_element",
    "field_type",
    "flow_of",
    "forward",
    "is_channel",
    "matters",
    "operations",
    "owner_of",
    "read",
    "related",
    "summaries",
    "type_of",
]
