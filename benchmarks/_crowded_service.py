"""The service of `fastapi_throughput` with a crowd of tasks beside its requests; for `watching`."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from benchmarks import _service
from benchmarks._crowd import CROWD, crowd

VARIABLE = "BENCHMARK_CROWD"


@asynccontextmanager
async def _crowded(app: FastAPI) -> AsyncIterator[None]:
    app.state.crowd = await crowd(int(os.environ.get(VARIABLE, CROWD)))
    gc.collect()
    yield
    os._exit(0)


app = FastAPI(lifespan=_crowded)
app.include_router(_service.app.router)
