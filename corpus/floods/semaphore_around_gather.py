"""A hundred pages are crawled."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow

MEASURES = "pages fetched at one time, of which 5 are allowed"
AT_MOST = 5
VIRTUAL = True


async def flood(service: Any) -> float:
    """Crawl."""
    fetch = Slow(1)
    pages = [f"page {number}" for number in range(100)]
    assert await service.Crawler(fetch).crawl(pages) == pages
    return fetch.most
