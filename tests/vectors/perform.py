"""Does the steps of a vector with the driver of one face, and compares what comes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from drive import PATIENCE, Driver, Failed
from expand import ENCODINGS, Certificates, difference, expand
from lab import Lab

Step = dict[str, Any]
#: Faces that keep the habits of another.
KIN = {"wasm": "node"}
#: Between two looks.
PAUSE = 0.02


class Vector:
    """One vector in one face."""

    def __init__(
        self,
        steps: Sequence[Step],
        face: str,
        driver: Driver,
        facts: dict[str, Any],
        folder: Path,
        certificates: Certificates,
        table: Mapping[str, Mapping[str, Any]],
        lab: Lab | None,
    ) -> None:
        self.steps, self.face, self.driver, self.lab = steps, face, driver, lab
        self.facts = facts | {"folder": str(folder)}
        self.folder, self.certificates, self.table = folder, certificates, table
        self.heard: list[dict[str, Any]] = []
        #: Waits for what was begun, once the lab is down.
        self.later: list[Callable[[], None]] = []
        #: Successful calls of ``while`` and ``await``.
        self.count = 0

    def run(self, hidden: Sequence[str]) -> None:
        """Raises :class:`Failed` at the first step that does not hold."""
        self.driver.said.clear()
        for number, step in enumerate(self.steps, 1):
            step = self._own(step)
            name = next(name for name in step if hasattr(self, f"do_{name}"))
            try:
                self.facts |= self._lab_facts() | {"count": str(self.count)}
                step = expand(step, self.facts)
                getattr(self, f"do_{name}")(step)
            except Failed as failed:
                raise Failed(f"step {number} ({name}): {failed}") from None
        said = "".join(self.driver.said)
        for secret in [*hidden, *self._secrets()]:
            if secret in said:
                at = said.index(secret)
                raise Failed(f"a secret was told: …{said[max(at - 120, 0) : at]}")

    def _own(self, step: Step) -> Step:
        """What the step is in this face, where a language keeps its peer's habit."""
        for faces, own in step.get("in", {}).items():
            if KIN.get(self.face, self.face) in faces.split():
                return own
        return step

    def _lab_facts(self) -> dict[str, Any]:
        if self.lab is None:
            return {}
        facts = self.lab.facts()
        facts["ca_pem"] = Path(facts["ca_file"]).read_text().strip()
        facts["socket"] = self.lab.socket()
        return {f"lab.{name}": value for name, value in facts.items()}

    def _secrets(self) -> list[str]:
        return [] if self.lab is None else [self.lab.facts()["password"]]

    # Acts of a client.

    def do_open(self, step: Step) -> None:
        variables = step.get("env")
        if variables is not None:
            variables = {name: str(value) for name, value in variables.items()}
        answer = self._ask(step, do="open", settings=step["open"], env=variables)
        if answer is not None and "config" in step:
            self.do_config(step)

    def do_connect(self, step: Step) -> None:
        """A client of the lab that looks at its files often."""
        settings = {
            "host": self.facts["lab.host"],
            "port": self.facts["lab.port"],
            "ca_file": self.facts["lab.ca_file"],
            "password_file": self.facts["lab.password_file"],
            "cert_file": self.facts["lab.cert_file"],
            "key_file": self.facts["lab.key_file"],
            "poll_interval": "50ms",
            "timeout": "20s",
        } | step["connect"]
        settings = {name: value for name, value in settings.items() if value is not None}
        self.do_open(step | {"open": settings})

    def do_config(self, step: Step) -> None:
        self._compare(self._ask({}, do="config")["value"], step["config"])

    def do_bundle(self, step: Step) -> None:
        data = ENCODINGS[step.get("as", "utf-8")](step["bundle"])
        (self.folder / "bundle").write_bytes(data)
        answer = self._ask(step, do="bundle", file=str(self.folder / "bundle"))
        if answer is None:
            return
        wanted = {
            "certificates": [self._certificate(name) for name in step["certificates"]],
            "rejected": [
                self._certificate(name) | {"code": code}
                for name, code in step.get("rejected", {}).items()
            ],
        }
        self._compare(answer["value"], wanted | step.get("told", {}))

    def _certificate(self, name: str) -> dict[str, Any]:
        return {"subject": f"CN={name}", "sha256": self.certificates.sha256(name)}

    def do_codes(self, step: Step) -> None:
        rows = {row["code"]: row for row in self._ask({}, do="codes")["value"]}
        wanted = [row for name, row in self.table.items() if name.startswith(step["codes"])]
        if len(rows) != len(self.table) or not wanted:
            raise Failed(f"{len(rows)} codes, not {len(self.table)}")
        for row in wanted:
            self._check_error(rows.get(row["code"], {"code": None}))

    def do_call(self, step: Step) -> None:
        self.driver.send(do="call", args=step["call"])
        for verb in step.get("during", []):
            self._verb(verb)
        answer = self._judge(step, self.driver.answer())
        if answer is not None and "reply" in step:
            self._compare(answer["value"], step["reply"])

    def do_burst(self, step: Step) -> None:
        self.driver.send(do="burst", args=step["burst"], times=step["times"])
        for verb in step.get("during", []):
            self._verb(verb)
        outcomes = self.driver.answer()["value"]
        bad = [it for it in outcomes if isinstance(it, dict) and "code" in it]
        if bad or len(outcomes) != step["times"]:
            raise Failed(f"{len(bad)} of {len(outcomes)} failed, first {bad[:1]}")

    def do_never(self, step: Step) -> None:
        self._listen()
        found = [event for event in self.heard if difference(event, step["never"]) is None]
        if found:
            raise Failed(f"there was {found[0]}")

    def do_await(self, step: Step) -> None:
        """Keeps calling, as a program does, until an event was heard."""

        def heard() -> bool:
            self._listen()
            return any(difference(event, step["await"]) is None for event in self.heard)

        self._until(step, heard, lambda: f"heard {[it['kind'] for it in self.heard]}")

    def do_until(self, step: Step) -> None:
        """Keeps calling until the status is as wanted."""
        last: list[str | None] = []

        def holds() -> bool:
            status = self._ask({}, do="status")["value"]
            last[:] = [difference(status, step["until"])]
            return last == [None]

        self._until(step, holds, lambda: str(last[0]))

    def _until(self, step: Step, holds: Callable[[], bool], why: Callable[[], str]) -> None:
        end = time.monotonic() + step.get("within", PATIENCE)
        while not holds():
            if time.monotonic() > end:
                raise Failed(f"not in time: {why()}")
            if step.get("calling", True):
                self._busy(step)
            time.sleep(PAUSE)

    def _busy(self, step: Step) -> None:
        answer = self._raw(do="call", args=["INCR", "count"])
        if "error" not in answer:
            self.count += 1
        elif not step.get("failing"):
            raise Failed(f"a call failed: {answer['error']['texts'][:1]}")

    def do_status(self, step: Step) -> None:
        answer = self._ask(step, do="status")
        if answer is not None:
            self._compare(answer["value"], step["status"])

    def do_reload(self, step: Step) -> None:
        self._ask(step, do="reload")

    def do_close(self, step: Step) -> None:
        self._ask(step, do="close")

    def do_texts(self, step: Step) -> None:
        """Every text form of client, configuration, events and status, for ``hidden``."""
        self._listen()
        if not self._ask(step, do="texts")["value"]:
            raise Failed("there are no texts")

    # Acts of the world.

    def do_lab(self, step: Step) -> None:
        """Asks the lab for something, while calls go on if ``while`` says so."""
        if not step.get("while"):
            self._verb(step["lab"])
            return
        failed: list[BaseException] = []

        def verb() -> None:
            try:
                self._verb(step["lab"])
            except BaseException as error:
                failed.append(error)

        worker = threading.Thread(target=verb)
        worker.start()
        while worker.is_alive():
            self._busy(step)
        worker.join()
        self._busy(step)
        if failed:
            raise failed[0]

    def do_write(self, step: Step) -> None:
        """Puts a file into the vector's folder, in one step."""
        beside = self.folder / "beside"
        beside.write_text(step["text"])
        beside.rename(self.folder / step["write"])

    def _verb(self, words: Sequence[str]) -> None:
        assert self.lab
        try:
            if words[0] == "arrived":
                self._arrived()
            elif words[0] == "pause":
                # It ends by itself; it has begun when this returns.
                self.later.append(self.lab.begin(*words))
            else:
                self.lab.verb(*words)
        except SystemExit as failed:
            raise Failed(str(failed)) from None

    def _arrived(self) -> None:
        """Waits until bytes lie at the server that it has not read, where the system can tell."""
        table, port = Path("/proc/net/tcp"), f":{int(self.facts['lab.port']):04X}"
        end = time.monotonic() + PATIENCE

        def unread() -> bool:
            rows = (line.split() for line in table.read_text().splitlines()[1:])
            return any(row[1].endswith(port) and not row[4].endswith(":00000000") for row in rows)

        while table.exists() and not unread():
            if time.monotonic() > end:
                raise Failed("nothing reached the server")
            time.sleep(PAUSE)

    # Asking and comparing.

    def _listen(self) -> None:
        self.heard += self._ask({}, do="events")["value"]

    def _raw(self, **ask: Any) -> dict[str, Any]:
        self.driver.send(**ask)
        return self.driver.answer()

    def _ask(self, step: Step, **ask: Any) -> Any:
        return self._judge(step, self._raw(**ask))

    def _judge(self, step: Step, answer: dict[str, Any]) -> Any:
        """The answer, or nothing if it is the error that is wanted."""
        wanted, error = step.get("error"), answer.get("error")
        if wanted is None:
            if error is not None:
                raise Failed(f"failed with {error['code']}: {error['texts'][:1]}")
            return answer
        if error is None:
            raise Failed(f"gave {answer['value']!r}, no {wanted}")
        if isinstance(wanted, str):
            wanted = {"code": wanted}
        self._compare(error, wanted)
        self._check_error(error)
        return None

    def _check_error(self, error: Mapping[str, Any]) -> None:
        """An error is a row of the core's table, and of the classes of its code and family."""
        row = self.table.get(str(error["code"]))
        if row is None:
            raise Failed(f"{error} is no error of the table")
        said = {name: error[name] for name in row if name in error}
        self._compare(said, {name: row[name] for name in said})
        # Names differ in spelling only: tls and TlsError, tls.pin_mismatch and TlsPinMismatch.
        names = {re.sub(r"[._]", "", name).lower() for name in error["is"]}
        family = {row["family"], f"{row['family']}error"} & names
        code = re.sub(r"[._]", "", row["code"])
        # Node has one class for each family.
        by_family = KIN.get(self.face, self.face) == "node"
        leaf = by_family or any(name.startswith(code) for name in names)
        if not family or not leaf or not {"number", "retry", "remedy"} <= said.keys():
            raise Failed(f"{error['code']} is of {error['is']} with {sorted(said)}")

    def _compare(self, got: Any, wanted: Any) -> None:
        differs = difference(got, wanted)
        if differs:
            raise Failed(differs)
