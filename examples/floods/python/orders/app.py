"""All routes of the service."""

from __future__ import annotations

from fastapi import FastAPI

from orders import background, healthy, loop, network, queues

app = FastAPI(lifespan=healthy.workers)
for part in (background, healthy, loop, network, queues):
    app.include_router(part.routes)
