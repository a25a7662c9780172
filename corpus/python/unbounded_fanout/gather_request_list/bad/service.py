"""A request names addresses, and all of them are fetched at the same time.

How many there are is up to the client. A list of ten thousand is ten thousand tasks, sockets and
look-ups of names at once, from one request; it is the service that others then see as an attack.

Cause: unbounded-fanout. In the wild: robusta-dev/krr#58 (20 GB), lablup/backend.ai#10735.
"""

import asyncio

from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Links(BaseModel):
    """What a client wants to be checked."""

    urls: list[str]


@app.post("/check")
async def check(links: Links, request: Request) -> dict[str, list[int]]:
    """Say which of the links are dead."""
    fetch = request.app.state.fetch
    answers = await asyncio.gather(*[fetch(url) for url in links.urls])  # bug: SN402
    return {"lengths": [len(answer) for answer in answers]}
