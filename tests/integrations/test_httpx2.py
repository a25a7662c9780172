"""Calls by httpx2; what is asked of both libraries is in `_httpx_contract`."""

from __future__ import annotations

import httpx2 as library

from integrations._httpx_contract import ClientContract
from snowshed.integrations import httpx2 as integration


class TestCalls(ClientContract):
    library = library
    integration = integration
