"""A rate is asked for with `requests`, which waits for ever unless it is told otherwise.

The other side accepts the connection and says nothing: a process that hangs, or a firewall that has
forgotten the connection. Each request of ours then holds one of the forty threads that the server
has for endpoints such as this; after forty none is left, and the service is down.

Cause: missing-deadline. In the wild: AndyGrant/OpenBench#21, replicate/cog#2064.
"""

import requests
from fastapi import FastAPI

RATES = "http://rates.example"

app = FastAPI()


@app.get("/rates/{currency}")
def rate(currency: str) -> dict[str, float]:
    """Say what a currency is worth; FastAPI calls it in a thread."""
    answer = requests.get(f"{RATES}/{currency}")  # bug: SN201
    answer.raise_for_status()
    return {currency: answer.json()["rate"]}
