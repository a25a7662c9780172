"""Which page is asked for, and whether whoever asks may see it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from snowshed.integrations._debug._access import Access
from snowshed.integrations._debug._json import as_json
from snowshed.integrations._debug._observed import Observed
from snowshed.integrations._debug._pprof import PprofPages
from snowshed.integrations._debug._sources import ALL, Source, Sources
from snowshed.integrations._debug._tasks import PAGES, SCHEMA, BadParameter, TaskPages
from snowshed.observe._serve._exchange import Request, Response

__all__ = ["Pages"]

logger = logging.getLogger("snowshed.debug")
_PPROF = "pprof"
_SNOWSHED = "snowshed"
_TAKEN = {"", ALL, _PPROF, _SNOWSHED, *PAGES}


class Pages:
    """All debug pages of a process: ``pprof/...``, and JSON under ``snowshed/...`` and ``/...``.

    Args:
        runtime: what `snowshed.init` returned, or None.
        sources: what else there is to show, by name; looked at anew for each request.
        observed: where the pages about tasks get what they show.
        access: who may look.
        mount: the path below which the pages are, for a server that does not take it off; others
            are a 404.

    Raises:
        ValueError: a source has a name that a page has, and would never be seen.
    """

    def __init__(
        self,
        runtime: object = None,
        *,
        sources: Mapping[str, Source] | None = None,
        observed: Observed | None = None,
        access: Access | None = None,
        mount: str = "",
    ) -> None:
        for name in sources or ():
            if name in _TAKEN:
                msg = f"debug pages: a source cannot be called {name!r}, as a page is; rename it"
                raise ValueError(msg)
        observed = Observed() if observed is None else observed
        self._sources = Sources(runtime, {} if sources is None else sources)
        self._tasks = TaskPages(observed)
        self._pprof = PprofPages(observed)
        self._access = Access() if access is None else access
        self._mount = mount
        self._failed: set[tuple[str | None, str]] = set()

    def __str__(self) -> str:
        names = [*self._sources.all(), *self._tasks.names()]
        return f"{', '.join(names)} for {self._access}"

    def answer(self, request: Request) -> Response:
        """Answer one request, from any thread; see `is_long`.

        A page that fails is a 500 with the error, and logged once.
        """
        tree, name = self._split(request.path)
        refuse = self._pprof.refuse if tree == _PPROF else _problem
        refusal = self._access.refusal(request)
        if refusal is not None:
            return refuse(refusal.status, refusal.detail, refusal.headers)
        try:
            return self._found(tree, name, request)
        except Exception as error:
            if (tree, name) not in self._failed:
                self._failed.add((tree, name))
                logger.exception("the debug page %s failed", request.path)
            return refuse(500, f"{type(error).__name__}: {error}")

    def _found(self, tree: str | None, name: str, request: Request) -> Response:
        if tree == _PPROF:
            return self._in_pprof(name, request)
        if tree is None:
            there = ", ".join(f"{self._mount}/{each}/" for each in (_PPROF, _SNOWSHED))
            return _problem(404, f"nothing here; there are: {there}")
        return self._in_json(name, request)

    def is_long(self, request: Request) -> bool:
        """Tell whether the answer takes so long that the loop must not give it."""
        tree, name = self._split(request.path)
        if tree == _PPROF or name in self._tasks.names():
            return True
        return tree == _SNOWSHED and (name == ALL or self._sources.is_long(name))

    def _split(self, path: str) -> tuple[str | None, str]:
        """Return the tree that ``path`` is in, and what is asked for of it."""
        if not path.startswith(f"{self._mount}/"):
            return None, ""
        words = path.removeprefix(self._mount).strip("/")
        tree, _, name = words.partition("/")
        if tree in {_PPROF, _SNOWSHED}:
            return tree, name
        # Below `/debug/snowshed` the JSON has no name in front.
        return None if self._mount else _SNOWSHED, words

    def _in_pprof(self, name: str, request: Request) -> Response:
        if not name and not request.path.endswith("/"):
            # The links of the list are relative to it, as in Go.
            moved = b"pprof/\n"
            return Response(301, moved, headers=(("location", "pprof/"),))
        return self._pprof.answer(name, request)

    def _in_json(self, name: str, request: Request) -> Response:
        if not name:
            return _json({"sources": [*self._sources.all(), ALL], **self._trees()})
        if name in self._tasks.names():
            try:
                return self._tasks.answer(name, request)
            except BadParameter as error:
                return _problem(400, str(error))
        content = self._sources.content(name)
        if content is None:
            return _problem(404, f"nothing of that name; there are: {', '.join(self._names())}")
        return _json(content)

    def _trees(self) -> dict[str, list[str]]:
        return {"tasks": self._tasks.names(), _PPROF: self._pprof.names()}

    def _names(self) -> list[str]:
        return [*self._sources.all(), ALL, *self._tasks.names()]


def _json(content: Mapping[str, Any]) -> Response:
    return Response(200, as_json({"schema": SCHEMA, **content}), "application/json")


def _problem(status: int, detail: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    problem = {"type": "about:blank", "status": status, "detail": detail}
    return Response(status, as_json(problem), "application/problem+json", headers)
