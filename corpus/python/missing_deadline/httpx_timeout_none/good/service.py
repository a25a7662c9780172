"""A model is asked for an answer by a client that knows how long an answer may take."""

import httpx

TIMEOUT = 120.0


class Model:
    """A language model behind HTTP."""

    def __init__(self, url: str) -> None:
        timeout = httpx.Timeout(5.0, read=TIMEOUT)
        self.client = httpx.AsyncClient(base_url=url, timeout=timeout)

    async def complete(self, prompt: str) -> str:
        """Return what the model says."""
        answer = await self.client.post("/complete", json={"prompt": prompt})
        answer.raise_for_status()
        return answer.json()["text"]

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()
