"""Streams that stay open on one way at least, and those that do not."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import httpx
import requests

class Pictures:
    def __init__(self):
        self.client = httpx.AsyncClient()

    async def fetch(self, request, other):
"""


def method(body: str) -> str:
    return HEAD + "\n".join(f"        {line}" for line in body.splitlines())


@pytest.mark.parametrize(
    "body",
    [
        "answer = await self.client.send(request, stream=True)  # want\nreturn 1",
        """answer = await self.client.send(request, stream=True)  # want
if answer.status_code != 200:
    return None
content = await answer.aread()
await answer.aclose()
return content""",
        """answer = await self.client.send(request, stream=True)  # want
if int(answer.headers['Content-Length']) > 9:
    return None
async for part in answer.aiter_bytes():
    use(part)""",
        """with httpx.Client() as client:
    answer = client.send(request, stream=True)  # want
    print(answer.headers)""",
    ],
)
def test_it_stays_open(body: str) -> None:
    python("SN501", method(body))


@pytest.mark.parametrize(
    "body",
    [
        "answer = await self.client.send(request)\nreturn 1",
        "return await self.client.send(request, stream=True)",
        "answer = await self.client.send(request, stream=True)\nreturn answer",
        "answer = await self.client.send(request, stream=True)\nreturn Wrapped(answer)",
        "answer = await self.client.send(request, stream=True)\nreturn Wrapped(answer.aiter_raw())",
        "answer = await self.client.send(request, stream=True)\nreturn await answer.aread()",
        (
            "answer = await self.client.send(request, stream=True)\ntry:\n    if answer.is_error:\n"
            "        return None\nfinally:\n    await answer.aclose()"
        ),
        "async with self.client.stream('GET', other) as answer:\n    return None",
        "answer = await other.send(request, stream=True)\nreturn 1",
        "answer = requests.get(other, stream=True, timeout=5)\nreturn 1",
        (
            "answer = await self.client.send(request, stream=True)\nif answer.is_error:\n"
            "    await answer.aclose()\n    return None\nreturn await answer.aread()"
        ),
        (
            "if other:\n    return 1\nanswer = await self.client.send(request, stream=True)\n"
            "return await answer.aread()"
        ),
    ],
)
def test_it_is_closed_read_or_somebody_else_has_it(body: str) -> None:
    python("SN501", method(body))


def test_the_way_that_leaves_it_is_told() -> None:
    (found,) = python(
        "SN501",
        method(
            "answer = await self.client.send(request, stream=True)  # want\n"
            "if answer.is_error:\n    return None\nreturn await answer.aread()"
        ),
    )
    assert found.message == "`answer` is not closed when line 11 returns"
    assert [each.span.line for each in found.related] == [11]
