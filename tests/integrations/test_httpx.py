"""Calls by httpx; what is asked of both libraries is in `_httpx_contract`."""

from __future__ import annotations

import httpx as library

from integrations._httpx_contract import ClientContract
from snowshed.integrations import httpx as integration


class TestCalls(ClientContract):
    library = library
    integration = integration
