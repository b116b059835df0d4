"""A small service that counts visits. It is deployed once and follows every rotation.

    POST /visits/PAGE   one more; answers how many there were
    GET  /readyz        200 if Redis answers, else 503 with the code of the failure and what to do
    GET  /livez         200 as long as the process serves; does not ask Redis
    GET  /status        what is trusted, which generation of it, and for how long

REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is. LISTEN is the
address (0.0.0.0:8080); POLL_INTERVAL is how often the files are looked at (10s).
"""

from __future__ import annotations

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import redlatch
from redlatch import RedlatchError


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    redis: redlatch.Redis

    def do_GET(self) -> None:
        match self.path:
            case "/livez":
                self._answer(200, {"live": True})
            case "/readyz":
                self._ask(lambda: {"ready": self.redis.ping()})
            case "/status":
                self._answer(200, self._status())
            case _:
                self._answer(404, {"error": "not found"})

    def do_POST(self) -> None:
        if self.path.startswith("/visits/") and self.path != "/visits/":
            page = self.path.removeprefix("/visits/")
            self._ask(lambda: {"visits": self.redis.incr(f"visits:{page}")})
        else:
            self._answer(404, {"error": "not found"})

    def _status(self) -> dict[str, Any]:
        status = self.redis.status()
        trust = status["trust"]
        certificates = [(it["subject"], it["days_left"]) for it in trust["certificates"]]
        return {
            "pid": os.getpid(),
            "state": status["state"],
            "trust": {"generation": trust["generation"], "certificates": certificates},
            "credentials": {"generation": status["credentials"]["generation"]},
        }

    def _ask(self, question: Any) -> None:
        try:
            self._answer(200, question())
        except RedlatchError as error:
            self._answer(503, {"code": error.code, "remedy": error.remedy})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not each request."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    host, _, port = os.environ.get("LISTEN", "0.0.0.0:8080").rpartition(":")
    poll = os.environ.get("POLL_INTERVAL", "10s")
    with (
        redlatch.Redis.from_env(poll_interval=poll) as redis,
        Server((host, int(port)), Handler) as server,
    ):
        Handler.redis = redis

        def stop(*_: object) -> None:
            # Not from this thread, which serves.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        print("listening on", server.server_address[1], flush=True)
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
