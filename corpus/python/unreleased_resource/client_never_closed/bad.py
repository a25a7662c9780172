"""A helper asks who somebody is by a client that it makes and does not close.

Each call leaves a connection that is open on both sides. The other side keeps a place for each, and
closes them after minutes; ours sees "too many open files" first.

Cause: unreleased-resource. In the wild: breqdev/flask-discord-interactions#41.
"""

import httpx


async def who_is(directory: str, token: str) -> str:
    """Return the name that belongs to a token."""
    client = httpx.AsyncClient(base_url=directory)  # bug: SN504
    answer = await client.get("/me", headers={"Authorization": f"Bearer {token}"})
    answer.raise_for_status()
    return answer.json()["name"]
