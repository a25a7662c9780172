"""Which calls ask somebody else over the network, as far as what made their object tells."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from snowshed.lint._python._nodes import last_name

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._module import Module

__all__ = ["asks", "asks_within"]

_CLIENTS = (
    "aiohttp.ClientSession()",
    "aiohttp.client.ClientSession()",
    "httpx.AsyncClient()",
    "httpx.Client()",
    "requests.Session()",
    "requests.session()",
    "redis.asyncio.",
    "aioredis.",
    "asyncpg.",
    "motor.",
    "grpc.aio.",
    "aiokafka.",
    "elasticsearch.AsyncElasticsearch()",
    "openai.AsyncOpenAI()",
    "anthropic.AsyncAnthropic()",
    "aiohttp.request",
    "httpx.",
    "requests.",
    "urllib.request.",
    "asyncio.open_connection",
    "websockets.connect",
    "websockets.client.connect",
    "nats.connect",
)
# Local work of these libraries.
_LOCAL = frozenset(
    {"Timeout", "ClientTimeout", "URL", "Limits", "Headers", "json", "text", "raise_for_status"}
)
_HTTP_VERBS = frozenset(
    {"get", "post", "put", "delete", "patch", "head", "options", "request", "stream"}
)
# Verbs that are said of other machines.
_NAMED = re.compile(r"_*a?(?:fetch|download|crawl|scrape|upload|http_?(?:get|post)|send_e?mail)")
_SESSIONS = ("session", "client", "http")


def asks(module: Module, call: ast.Call) -> bool:
    """Tell whether ``call`` itself asks somebody over the network."""
    name = last_name(call.func)
    if name in _LOCAL:
        return False
    made_by = module.origin(call.func)
    if made_by:
        return made_by.startswith(_CLIENTS)
    # `self.session.post(...)`, with a session that came from elsewhere.
    if name not in _HTTP_VERBS or not isinstance(call.func, ast.Attribute):
        return False
    owner = last_name(call.func.value).lower().strip("_")
    return owner.endswith(_SESSIONS)


def asks_within(folder: Folder, module: Module, call: ast.Call) -> bool:
    """Tell whether ``call`` does, or is named so, or the function of this folder that it calls."""
    if asks(module, call) or _is_named_so(call):
        return True
    helper = folder.helper(module, call)
    return helper is not None and any(
        asks(helper.module, each) or _is_named_so(each) for each in helper.calls
    )


def _is_named_so(call: ast.Call) -> bool:
    return _NAMED.match(last_name(call.func)) is not None
