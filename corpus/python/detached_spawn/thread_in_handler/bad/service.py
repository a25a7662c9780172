"""A report is drawn by a thread of its own, which the request starts.

A thread costs megabytes and takes turns with the event loop. A burst of requests starts as many as
there are requests, until the system has no more of them and `start` raises.

Cause: detached-spawn. In the wild: nitrobass24/seedsync#428.
"""

import threading

from aiohttp import web


def draw(report: str, pages: list[str]) -> None:
    """Draw a report; takes a while."""
    pages.append(render(report))


def render(report: str) -> str:
    """Stand for a library that draws PDF."""
    return f"%PDF {report}"


async def order_report(request: web.Request) -> web.Response:
    """Have a report drawn, to be fetched later."""
    name = request.match_info["name"]
    thread = threading.Thread(target=draw, args=(name, request.app["pages"]), daemon=True)
    thread.start()  # bug: SN101
    return web.json_response({"report": name}, status=202)


app = web.Application()
app["pages"] = []
app.router.add_post("/reports/{name}", order_report)
