"""The lab, driven through the redlatch program."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path


class Lab:
    """A running ``redlatch lab up``."""

    def __init__(self, cli: str, folder: Path, core: int | None = None) -> None:
        """``core`` pins the server to a processor core."""
        self._cli = cli
        self._pinned = [] if core is None else ["taskset", "-c", str(core)]
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def up(self) -> None:
        """Starts it and waits until it is ready."""
        self._process = subprocess.Popen(
            [*self._pinned, self._cli, "lab", "up", "--dir", str(self._folder), "--until-eof"],
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

    def environment(self) -> dict[str, str]:
        """What a program needs to connect by ``from_env``."""
        facts = self.facts()
        clean = {k: v for k, v in os.environ.items() if not k.upper().startswith("REDIS_")}
        return clean | {
            "REDIS_HOST": facts["host"],
            "REDIS_PORT": str(facts["port"]),
            "REDIS_PASSWORD_FILE": facts["password_file"],
            "REDIS_SSL_CA_CERTS": facts["ca_file"],
        }

    def verb(self, *words: str) -> str:
        """Runs one verb; its effect holds when this returns."""
        verb, *options = words
        command = [self._cli, "lab", verb, *options, "--dir", str(self._folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"lab {verb}: {done.stderr.strip()}")
        return done.stdout

    def connections(self, names: set[str] | None = None) -> set[int]:
        """The server's ids of client connections, of those names or of all."""
        clients = [json.loads(line) for line in self.verb("connections").splitlines()]
        return {c["id"] for c in clients if names is None or c["name"] in names}

    def down(self) -> None:
        """Ends it."""
        if self._process and self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
