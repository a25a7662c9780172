"""A rate of exchange is asked for with a limit to how long that takes."""

import requests
from fastapi import FastAPI, HTTPException

RATES = "http://rates.example"
TIMEOUT = 2.0

app = FastAPI()


@app.get("/rates/{currency}")
def rate(currency: str) -> dict[str, float]:
    """Say what a currency is worth; FastAPI calls it in a thread."""
    try:
        answer = requests.get(f"{RATES}/{currency}", timeout=TIMEOUT)
    except requests.Timeout:
        raise HTTPException(504, "the rates are not to be had") from None
    answer.raise_for_status()
    return {currency: answer.json()["rate"]}
