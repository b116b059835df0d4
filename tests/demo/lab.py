"""The lab, driven through the redlatch program."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path


class Lab:
    """A running ``redlatch lab up``."""

    def __init__(
        self, cli: str, folder: Path, core: int | None = None, options: tuple[str, ...] = ()
    ) -> None:
        """``core`` pins the server to a processor core; ``options`` are of ``lab up``."""
        self._cli = cli
        self._options = options
        self._pinned = [] if core is None else ["taskset", "-c", str(core)]
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def up(self) -> None:
        """Starts it and waits until it is ready."""
        self._process = subprocess.Popen(
            [*self._pinned, *self._command("up", "--until-eof", *self._options)],
            # Ctrl-C is for the program that started it, which then ends it.
            process_group=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        for line in self._process.stdout:
            if line.strip() == "ready":
                self.port = self.facts()["port"]
                return
        raise SystemExit("the lab did not start")

    def facts(self) -> dict:
        """``lab.json``."""
        return json.loads((self._folder / "lab.json").read_text())

    def environment(self, **settings: str) -> dict[str, str]:
        """What a program needs to connect by ``from_env``, with these settings."""
        facts = self.facts()
        clean = {k: v for k, v in os.environ.items() if not k.upper().startswith("REDIS_")}
        host, port = facts["host"], str(facts["port"])
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        place = {"REDIS_HOST": host, "REDIS_PORT": port}
        if query:
            place = {"REDIS_URL": f"rediss://{host}:{port}/0?{query}"}
        mine = place | {
            "REDIS_PASSWORD_FILE": facts["password_file"],
            "REDIS_SSL_CA_CERTS": facts["ca_file"],
            "REDIS_SSL_CERTFILE": facts["cert_file"],
            "REDIS_SSL_KEYFILE": facts["key_file"],
        }
        return clean | {name: value for name, value in mine.items() if value is not None}

    def hosting(self, example: str) -> str:
        """An example of the documents with this server in place of the reader's."""
        facts = self.facts()
        places = {
            "10.0.0.3": facts["host"],
            "6378": str(facts["port"]),
            "/etc/redis-tls/ca.pem": facts["ca_file"],
            "/etc/redis/password": facts["password_file"],
        }
        for shown, meant in places.items():
            example = example.replace(shown, meant)
        return example

    def status(self) -> dict:
        """What ``status`` tells."""
        return json.loads(self.verb("status"))

    def verb(self, *words: str) -> str:
        """Runs one verb; its effect holds when this returns."""
        done = subprocess.run(self._command(*words), capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"lab {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def begin(self, *words: str) -> Callable[[], None]:
        """Starts a verb and waits for its first step; the result waits for the rest."""
        verb = subprocess.Popen(
            self._command(*words),
            process_group=0,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert verb.stdout
        verb.stdout.readline()

        def finish() -> None:
            reason = verb.communicate()[1]
            if verb.returncode:
                raise SystemExit(f"lab {' '.join(words)}: {reason.strip()}")

        return finish

    def socket(self) -> str:
        """Path of the server's Unix socket."""
        conf = (self._folder / "redis.conf").read_text()
        lines = (line.partition(" ") for line in conf.splitlines())
        return next(value.strip('"') for name, _, value in lines if name == "unixsocket")

    def connections(self, names: set[str] | None = None) -> set[int]:
        """The server's ids of client connections, of those names or of all."""
        clients = [json.loads(line) for line in self.verb("connections").splitlines()]
        return {c["id"] for c in clients if names is None or c["name"] in names}

    def _command(self, verb: str, *options: str) -> list[str]:
        return [self._cli, "lab", verb, *options, "--dir", str(self._folder)]

    def down(self) -> None:
        """Ends it."""
        if self._process and self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
