"""The JSON of a Python service, as its debug pages write it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from _snapshots import snapshot
from snowshed.doctor import Look, load, look_at
from snowshed.doctor._case import Case
from snowshed.integrations._debug import Access, Observed, Pages
from snowshed.observe._serve._exchange import Request

if TYPE_CHECKING:
    from snowshed.doctor._tasks import Facts
    from snowshed.model import TaskSnapshot


def page(
    tasks: Iterable[TaskSnapshot],
    name: str = "tasks",
    query: str = "",
    *,
    sources: Mapping[str, Any] | None = None,
    **changed: Any,
) -> bytes:
    """What the page ``name`` of a service with these tasks has."""
    found = snapshot(tasks, **changed)
    given = {key: (lambda value=value: value) for key, value in (sources or {}).items()}
    pages = Pages(
        observed=Observed(snapshot=lambda: found), sources=given, access=Access(), mount="/debug"
    )
    answer = pages.answer(Request(f"/debug/snowshed/{name}", query=query, peer="unix"))
    assert answer.status == 200, answer.body
    return answer.body


def seen(*bodies: bytes) -> list[Look]:
    """The looks that these documents are."""
    looks = [look_at(load(f"look {number}", body)) for number, body in enumerate(bodies)]
    assert None not in looks
    return [look for look in looks if look is not None]


def changed(body: bytes, **values: object) -> bytes:
    """The document with some of its values changed."""
    return json.dumps({**json.loads(body), **values}).encode()


def case(tasks: Iterable[TaskSnapshot]) -> Case:
    """What is known of a service after one look at these tasks."""
    return Case(seen(page(tasks)))


def with_facts(look: Look, facts: Facts) -> Look:
    """The look with what was told beside it."""
    return replace(look, facts=facts)
