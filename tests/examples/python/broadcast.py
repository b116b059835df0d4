"""Sends what is published on a channel to every WebSocket, from any number of these servers.

Promised: a message that is published while the server is connected reaches every WebSocket once
and in order, also while certificates and passwords rotate. Redis keeps no messages: after the
connection itself was lost, each WebSocket is told `{"gap": true}` before what follows, so that it
can fetch what it shows anew. One that reads too slowly is closed (1013, try again later) and
holds up nobody.

    broadcast.py --port 8000 security_events
    redis-cli publish security_events '{"kind": "motion"}'

REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is. Needs
websockets.
"""

from __future__ import annotations

import argparse
import asyncio
import signal

from websockets.asyncio.server import ServerConnection, serve

import redlatch.asyncio
from redlatch import RedlatchError

GAP = '{"gap": true}'


class Hub:
    """The WebSockets, each with what it has yet to be sent."""

    def __init__(self, backlog: int) -> None:
        self._backlog = backlog
        self._waiting: dict[ServerConnection, asyncio.Queue[str | None]] = {}

    async def serve(self, socket: ServerConnection) -> None:
        """Sends to one of them until it leaves or is too slow."""
        # Of those that were closed for being slow, the last place says so.
        waiting = self._waiting[socket] = asyncio.Queue(self._backlog + 1)
        sender = asyncio.create_task(self._send(socket, waiting))
        try:
            await socket.wait_closed()
        finally:
            self._waiting.pop(socket, None)
            sender.cancel()

    async def _send(self, socket: ServerConnection, waiting: asyncio.Queue[str | None]) -> None:
        while (message := await waiting.get()) is not None:
            await socket.send(message)
        await socket.close(1013, "too slow")

    def tell(self, message: str) -> None:
        """Never waits."""
        for socket, waiting in list(self._waiting.items()):
            if waiting.qsize() < self._backlog:
                waiting.put_nowait(message)
            else:
                del self._waiting[socket]
                waiting.put_nowait(None)


async def listen(redis: redlatch.asyncio.Redis, channel: str, hub: Hub) -> None:
    """Hands on what is published, and where something may be missing."""
    async with redis.pubsub() as heard:
        await heard.subscribe(channel)
        while True:
            try:
                message = await heard.get_message(timeout=0.5)
            except RedlatchError as error:
                if error.retry == "never":
                    raise
                print(f"waiting: {error.code}", flush=True)
                await asyncio.sleep(0.5)
                continue
            for event in redis.events():
                if event["kind"] == "gap":
                    hub.tell(GAP)
            if message is not None and message["type"] == "subscribe":
                print("listening", flush=True)
            elif message is not None and message["type"] == "message":
                hub.tell(message["data"])


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("channel")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 for any")
    parser.add_argument("--backlog", type=int, default=100, help="messages a WebSocket may lag")
    options = parser.parse_args()
    hub, stop = Hub(options.backlog), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        redlatch.asyncio.Redis.from_env(decode_responses=True) as redis,
        serve(hub.serve, options.host, options.port) as server,
    ):
        print("serving", server.sockets[0].getsockname()[1], flush=True)
        listening = asyncio.create_task(listen(redis, options.channel, hub))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if listening.done():
            listening.result()
        listening.cancel()


if __name__ == "__main__":
    asyncio.run(main())
