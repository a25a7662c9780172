"""A model is asked for an answer by a client whose timeout was switched off.

Five seconds, which is what httpx has, were too short for it; `None` was shorter to write than a
number that fits. Now a request that the model has lost is waited for until the process ends.

Cause: missing-deadline.
"""

import httpx


class Model:
    """A language model behind HTTP."""

    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url, timeout=None)  # bug: SN202

    async def complete(self, prompt: str) -> str:
        """Return what the model says."""
        answer = await self.client.post("/complete", json={"prompt": prompt})
        answer.raise_for_status()
        return answer.json()["text"]

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()
