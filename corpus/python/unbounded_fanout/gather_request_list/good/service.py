"""A request names addresses, not too many, and ten of them are fetched at the same time."""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

app = FastAPI()
places = asyncio.Semaphore(10)


class Links(BaseModel):
    """What a client wants to be checked."""

    urls: Annotated[list[str], Field(max_length=1000)]


@app.post("/check")
async def check(links: Links, request: Request) -> dict[str, list[int]]:
    """Say which of the links are dead."""

    async def fetched(url: str) -> str:
        async with places:
            return await request.app.state.fetch(url)

    answers = await asyncio.gather(*[fetched(url) for url in links.urls])
    return {"lengths": [len(answer) for answer in answers]}
