"""Probes and metrics. `uvicorn health_app:app` runs it; REDIS_URL and its kin tell of Redis."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse

import redlatch.asyncio


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with redlatch.asyncio.from_env() as app.state.redis:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    # Whether this process serves. A restart would not bring the server back.
    return {"live": True}


@app.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    health = await request.app.state.redis.health()
    return JSONResponse(health, 200 if health["ok"] else 503)


@app.get("/metrics")
async def metrics(request: Request) -> PlainTextResponse:
    return PlainTextResponse(
        request.app.state.redis.metrics(), media_type=redlatch.METRICS_CONTENT_TYPE
    )
