"""Where servers that know no ASGI take hold of the application: there each request gets its scope.

As in `_servers`: one function for each, which changes the one place through which everything
passes, right after the server was imported.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from snowshed.attach import _on_import

if TYPE_CHECKING:
    from snowshed.attach._runtime import Runtime

__all__ = ["OTHER_SERVERS", "attach"]


def attach(runtime: Runtime) -> None:
    """Change each server of `OTHER_SERVERS` as it is imported."""
    for name, change in OTHER_SERVERS.items():
        _on_import.when_imported(name, partial(change, runtime=runtime), runtime.failed)


def options(runtime: Runtime) -> dict[str, Any]:
    """Return what the middlewares of servers are made with."""
    settings = runtime.settings
    return {
        "budget": settings.budget,
        "timeout": settings.timeout,
        "enforce": settings.mode == "enforce",
        "on_excess": settings.on_excess,
        "after_budget": settings.after_budget,
        "grace": settings.grace,
        "admission": runtime.admission,
        "trusted": () if runtime._shed is None else runtime._shed.settings.trusted,
    }


def aiohttp(module: ModuleType, runtime: Runtime) -> None:
    """``aiohttp.web_app``: each application has our middleware, in front of its own."""
    init = module.Application.__init__

    def setup(app: Any) -> None:
        import_module("snowshed.integrations.aiohttp").setup(app, **options(runtime))

    @functools.wraps(init)
    def init_and_setup(app: Any, *args: Any, **kwargs: Any) -> None:
        init(app, *args, **kwargs)
        runtime.guarded("wrapping the aiohttp application", None, setup, app)

    module.Application.__init__ = init_and_setup


def grpc(module: ModuleType, runtime: Runtime) -> None:
    """``grpc.aio._server``: each server has our interceptor, in front of its own."""
    init = module.Server.__init__

    def with_ours(interceptors: Any) -> Any:
        kind = import_module("snowshed.integrations.grpc").RequestScopeInterceptor
        return (kind(**options(runtime)), *(interceptors or ()))

    @functools.wraps(init)
    def init_with_ours(
        server: Any, thread_pool: Any, handlers: Any, interceptors: Any, *args: Any, **kwargs: Any
    ) -> None:
        what = "intercepting the calls of grpc"
        interceptors = runtime.guarded(what, interceptors, with_ours, interceptors)
        init(server, thread_pool, handlers, interceptors, *args, **kwargs)

    module.Server.__init__ = init_with_ours


OTHER_SERVERS: dict[str, Callable[..., None]] = {
    "aiohttp.web_app": aiohttp,
    "grpc.aio._server": grpc,
}
