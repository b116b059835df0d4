"""Broadcasts: every message once and in order, and a word where one may be missing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from program import LIMIT

LANGUAGES = ("python", "node")
CHANNEL = "security_events"


class Ear:
    """A WebSocket that remembers what it heard, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._ends = ExitStack()
        self.socket = self._ends.enter_context(connect(f"ws://127.0.0.1:{port}"))
        self.heard: list[dict] = []
        self.code: int | None = None
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for message in self.socket:
                with self._more:
                    self.heard.append(json.loads(message))
                    self._more.notify_all()
        except ConnectionClosed:
            pass
        self.code = self.socket.close_code

    def until(self, reached: Callable[[list[dict]], bool]) -> None:
        with self._more:
            assert self._more.wait_for(lambda: reached(self.heard), LIMIT), self.heard[-5:]

    def numbers(self) -> list[int]:
        return [it["number"] for it in self.heard if "number" in it]

    def close(self) -> None:
        self._ends.close()
        self._thread.join(LIMIT)


@pytest.fixture
def serve(run):
    """Starts a server in a language; the port it listens on."""

    def start(language, *options):
        program = run(language, "broadcast", "--port", 0, *options, CHANNEL)
        port = program.says("serving").split()[1]
        program.says("listening")
        return program, int(port)

    return start


class Publisher:
    """Publishes numbers until it is closed, through a restart too."""

    def __init__(self, beside) -> None:
        self.number, self._beside, self._enough = 0, beside, threading.Event()
        self._thread = threading.Thread(target=self._publish)
        self._thread.start()

    def _publish(self) -> None:
        while not self._enough.is_set():
            # Nobody may hear it; nobody hears it twice.
            self._beside.set("last", self.number)
            self._beside.publish(CHANNEL, json.dumps({"number": self.number}))
            self.number += 1
            time.sleep(0.002)

    def close(self) -> None:
        self._enough.set()
        self._thread.join(LIMIT)


def test_every_message_once_and_in_order(serve, rotate, beside):
    servers = [serve(language) for language in LANGUAGES]
    ears = [Ear(port) for _, port in servers for _ in range(2)]
    beside.publish(CHANNEL, json.dumps({"number": -1}))
    for ear in ears:
        ear.until(lambda heard: bool(heard))
    publisher = Publisher(beside)
    rotate()
    publisher.close()
    last = publisher.number - 1
    assert last > 10
    for ear in ears:
        ear.until(lambda heard: heard[-1]["number"] == last)
        assert ear.numbers() == list(range(-1, last + 1))
        assert len(ear.heard) == last + 2  # and no gap
    for program, _ in servers:
        program.ends(told=True)
    for ear in ears:
        ear.close()
        assert ear.code == 1001


def test_a_gap_is_told_before_what_follows(serve, restart, beside):
    servers = [serve(language) for language in LANGUAGES]
    ears = [Ear(port) for _, port in servers]
    for number in range(3):
        beside.publish(CHANNEL, json.dumps({"number": number}))
    for ear in ears:
        ear.until(lambda heard: len(heard) == 3)
    restart()
    # Until all servers are back nobody hears it.
    while beside.pubsub_numsub(CHANNEL) != [(CHANNEL, len(servers))]:
        time.sleep(0.01)
    for number in range(3, 6):
        beside.publish(CHANNEL, json.dumps({"number": number}))
    for ear in ears:
        ear.until(lambda heard: heard[-1].get("number") == 5)
        before, after = [{"number": n} for n in range(3)], [{"number": n} for n in range(3, 6)]
        assert ear.heard == [*before, {"gap": True}, *after]
        ear.close()


@pytest.mark.parametrize(("language", "backlog"), [("python", 10), ("node", 1_000_000)])
def test_a_slow_one_holds_up_nobody(serve, beside, language, backlog):
    _, port = serve(language, "--backlog", backlog)
    ear = Ear(port)
    address = f"ws://127.0.0.1:{port}"
    # Compressed, what it lags behind would fit into the kernel's buffers.
    with connect(address, max_queue=1, ping_interval=None, compression=None) as slow:
        text = "x" * 200_000
        for number in range(200):
            beside.publish(CHANNEL, json.dumps({"number": number, "text": text}))
            ear.until(lambda heard, number=number: len(heard) > number)
        got = 0
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                slow.recv(timeout=LIMIT)
                got += 1
        assert closed.value.rcvd and closed.value.rcvd.code == 1013
        assert got < 200
    assert ear.numbers() == list(range(200))
    ear.close()
