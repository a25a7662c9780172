"""A report is drawn by one of a few threads that the service has; the request waits for it."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web


def draw(report: str, pages: list[str]) -> None:
    """Draw a report; takes a while."""
    pages.append(render(report))


def render(report: str) -> str:
    """Stand for a library that draws PDF."""
    return f"%PDF {report}"


async def drawers(app: web.Application) -> AsyncIterator[None]:
    """Own the threads."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        app["drawers"] = pool
        yield


async def order_report(request: web.Request) -> web.Response:
    """Draw a report."""
    name = request.match_info["name"]
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(request.app["drawers"], draw, name, request.app["pages"])
    return web.json_response({"report": name}, status=201)


app = web.Application()
app["pages"] = []
app.cleanup_ctx.append(drawers)
app.router.add_post("/reports/{name}", order_report)
