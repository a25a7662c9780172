"""Where each ASGI server takes hold of the application: there the middleware goes around it.

One function for each server. Each changes the one place through which the server's command, its
worker processes and its use as a library all pass.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

Wrap = Callable[[Any], Any]


def uvicorn(module: ModuleType, wrap: Wrap) -> None:
    """``uvicorn.config``: also under gunicorn's uvicorn workers and ``fastapi run``."""
    load = module.Config.load

    @functools.wraps(load)
    def load_and_wrap(config: Any) -> None:
        load(config)
        config.loaded_app = wrap(config.loaded_app)

    module.Config.load = load_and_wrap


def hypercorn(module: ModuleType, wrap: Wrap) -> None:
    """``hypercorn.app_wrappers``: applications loaded by path and passed as objects."""
    init = module.ASGIWrapper.__init__

    @functools.wraps(init)
    def init_and_wrap(wrapper: Any, app: Any) -> None:
        init(wrapper, wrap(app))

    module.ASGIWrapper.__init__ = init_and_wrap


def granian(module: ModuleType, wrap: Wrap) -> None:
    """``granian.asgi``: the callback of each worker, before the workers' module imports it."""
    make: Callable[..., Any] = getattr(module, "_callback_wrapper")  # noqa: B009 - as below

    @functools.wraps(make)
    def wrap_and_make(callback: Any, *args: Any, **kwargs: Any) -> Any:
        return make(wrap(callback), *args, **kwargs)

    setattr(module, "_callback_wrapper", wrap_and_make)  # noqa: B010 - modules have no such attribute to a type checker


class AroundApplication(Protocol):
    """Changes a server's module so that ``wrap`` goes around its application."""

    def __call__(self, module: ModuleType, wrap: Wrap) -> None:
        """Change ``module``."""
        ...


SERVERS: dict[str, AroundApplication] = {
    "uvicorn.config": uvicorn,
    "hypercorn.app_wrappers": hypercorn,
    "granian.asgi": granian,
}
