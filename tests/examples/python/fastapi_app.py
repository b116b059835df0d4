"""Counts visits. `uvicorn fastapi_app:app` runs it; REDIS_URL and its kin say where Redis is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request

import redlatch.asyncio
from redlatch import RedlatchError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # One client for the application: all requests share its connection.
    async with redlatch.asyncio.from_env(decode_responses=True) as app.state.redis:
        yield


async def redis(request: Request) -> redlatch.asyncio.Redis:
    return request.app.state.redis


Redis = Annotated[redlatch.asyncio.Redis, Depends(redis)]
app = FastAPI(lifespan=lifespan)


@app.post("/visits/{page}")
async def visit(page: str, redis: Redis) -> dict[str, int]:
    return {"visits": await redis.incr(f"visits:{page}")}


@app.get("/health")
async def health(redis: Redis) -> dict[str, str]:
    try:
        await redis.ping()
    except RedlatchError as error:
        raise HTTPException(503, {"code": error.code, "remedy": error.remedy}) from None
    return {"state": redis.status()["state"]}
