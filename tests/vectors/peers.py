"""Servers that are not what a client hopes for, on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

#: What each answers to the first bytes; none says nothing.
ANSWERS: dict[str, bytes | None] = {
    "silent": None,
    "closing": b"",
    "plain": b"-ERR unknown command\r\n",
    "greeting": b"SSH-2.0-OpenSSH_9.2\r\n",
    "alerting": b"\x15\x03\x03\x00\x02\x02\x28",
    "loading": b"-LOADING server is loading the dataset in memory\r\n",
    "crowded": b"-ERR max number of clients reached\r\n",
    "protected": b"-DENIED Redis is running in protected mode\r\n",
}


class Peers:
    """One port for each, and one where nobody listens."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []
        self.ports = {name: self._serve(answer) for name, answer in ANSWERS.items()}
        self.ports["old"] = self._listen(old_server)
        # Bound but not listening: nobody else gets it meanwhile.
        vacant = socket.socket()
        vacant.bind(("127.0.0.1", 0))
        self._held.append(vacant)
        self.ports["refused"] = vacant.getsockname()[1]

    def facts(self) -> dict[str, int]:
        return {f"{name}.port": port for name, port in self.ports.items()}

    def _serve(self, answer: bytes | None) -> int:
        def talk(connection: socket.socket) -> None:
            if answer is None:
                self._held.append(connection)
                return
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)

        return self._listen(talk)

    def _listen(self, talk: Callable[[socket.socket], None]) -> int:
        server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._held.append(server)

        def attempt(connection: socket.socket) -> None:
            try:
                talk(connection)
            except OSError:
                pass  # The client left.

        def accept() -> None:
            while True:
                connection, _ = server.accept()
                threading.Thread(target=attempt, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return server.getsockname()[1]


def old_server(connection: socket.socket) -> None:
    """A server from before HELLO and ACLs, whose password is ``old secret``."""
    with connection, connection.makefile("rb") as lines:
        known = False
        while head := lines.readline():
            words = []
            for _ in range(int(head[1:])):
                size = int(lines.readline()[1:])
                words.append(lines.read(size + 2)[:-2].decode())
            name = words[0].upper()
            if name == "AUTH":
                known = words[1:] == ["old secret"]
                answer = "+OK" if known else "-ERR invalid password"
            elif name in ("HELLO", "CLIENT"):
                answer = f"-ERR unknown command `{words[0]}`, with args beginning with: "
            elif not known:
                answer = "-NOAUTH Authentication required."
            else:
                answer = f"+{words[-1]}"
            connection.sendall(f"{answer}\r\n".encode())
