"""The debug pages: what answers them, apart from how they are served.

`Pages.answer` is a function from a request to a response. The ASGI application of the service calls
it (`snowshed.integrations.debug`), and the thread beside it does (`snowshed.observe._serve`).
"""

from __future__ import annotations

from snowshed.integrations._debug._access import Access
from snowshed.integrations._debug._observed import Observed
from snowshed.integrations._debug._pages import Pages

__all__ = ["Access", "Observed", "Pages"]
