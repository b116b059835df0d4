"""The rotations and faults of a soak, one after the other, in an order that a seed repeats."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab import Lab
from workers import Worker, keep_working, wait

#: What the workers are told beside the defaults: short enough that a soak sees it happen.
SETTINGS = {"distrust_grace": "10", "liveness": "3", "timeout": "30"}
#: Longer than twice the liveness: who waits for a reply gives the server up.
LONG_PAUSE = "8"
#: Seconds within which every worker follows a rotation, or is back after a fault.
PATIENCE = 30


@dataclass(frozen=True)
class Fault:
    """One kind of thing that happens."""

    name: str
    weight: int
    #: Whether a careful operator could do it now, or an accident happen that clients survive.
    legal: Callable[[], bool]
    act: Callable[[], object]
    #: Whether it may interrupt commands that are under way.
    interrupts: bool = False


class Faults:
    """Picks what happens next and does it."""

    def __init__(self, lab: Lab, workers: list[Worker], folder: Path, seed: int) -> None:
        self._lab = lab
        self._workers = workers
        self._random = random.Random(seed)
        self._garbage = folder / "garbage"
        self._trust = "one"
        self._broken = self._two_passwords = self._two_client_cas = False
        self._steps = 0
        #: Verbs whose second part is still to come, with the step before which it has.
        self._pending: dict[str, tuple[int, Callable[[], object]]] = {}
        self.problems: list[str] = []
        self._all = self._table()

    def step(self) -> Fault:
        """Does the next one and returns it."""
        self._steps += 1
        for name, (due, finish) in list(self._pending.items()):
            if due <= self._steps:
                del self._pending[name]
                finish()
        possible = [fault for fault in self._all if fault.legal()]
        weights = [fault.weight for fault in possible]
        fault = self._random.choices(possible, weights)[0]
        fault.act()
        return fault

    def finish(self) -> None:
        """Ends what is under way and puts things right."""
        for _, finish in self._pending.values():
            finish()
        self._pending.clear()
        if self._broken:
            self._repair()

    def _table(self) -> list[Fault]:
        verb = self._lab.verb
        password, client, whole = self._password_rests, self._client_rests, self._is_whole
        return [
            Fault("add-ca", 6, lambda: whole() and self._trust == "one", self._add_ca),
            Fault("switch-leaf", 6, lambda: whole() and self._trust == "two", self._switch_leaf),
            Fault("drop-ca", 6, lambda: whole() and self._trust == "switched", self._drop_ca),
            Fault("rotate-leaf", 2, always, lambda: verb("rotate-leaf")),
            Fault("revoke --and-switch", 1, always, lambda: verb("revoke", "--and-switch")),
            Fault("rotate-password", 2, password, self._overlap_password),
            Fault("rotate-password, slowly", 1, password, self._overlap_password_slowly),
            Fault("rotate-password --finish", 4, self._password_overlaps, self._finish_password),
            Fault("rotate-password --server-first", 2, password, self._server_first),
            Fault("rotate-password --file-first", 2, password, self._file_first),
            Fault("rotate-client", 2, client, lambda: verb("rotate-client")),
            Fault("rotate-client --new-ca", 2, client, self._new_client_ca),
            Fault("rotate-client --finish", 4, self._client_cas_overlap, self._finish_client_ca),
            Fault("rotate-client --key-first", 2, client, self._key_first),
            Fault("rotate-client --untrusted, and back", 2, client, self._untrusted),
            Fault("truncate", 2, whole, lambda: self._break("truncate")),
            Fault("empty", 2, whole, lambda: self._break("empty")),
            Fault("publish garbage", 2, whole, self._publish_garbage),
            Fault("repair", 8, lambda: not whole(), self._repair),
            # The second part of a password's rotation needs a server that listens.
            Fault("pause", 1, password, self._pause),
            Fault("long pause", 1, password, self._long_pause, interrupts=True),
            Fault("disconnect", 2, always, self._disconnect, interrupts=True),
            Fault("kill and restart", 2, password, self._kill, interrupts=True),
        ]

    def _is_whole(self) -> bool:
        return not self._broken

    def _password_rests(self) -> bool:
        return "password" not in self._pending

    def _client_rests(self) -> bool:
        return "client" not in self._pending

    def _password_overlaps(self) -> bool:
        return self._two_passwords and self._password_rests()

    def _client_cas_overlap(self) -> bool:
        return self._two_client_cas and self._client_rests()

    def _add_ca(self) -> None:
        self._rotate_trust("add-ca")
        self._trust = "two"

    def _switch_leaf(self) -> None:
        self._lab.verb("switch-leaf")
        self._trust = "switched"

    def _drop_ca(self) -> None:
        self._rotate_trust("drop-ca")
        self._trust = "one"

    def _rotate_trust(self, verb: str) -> None:
        before = self._counts("generation")
        self._lab.verb(verb)
        # Every worker has to load it, or a broken bundle could hide it from some.
        self._await(lambda w: w.facts["generation"] > before[w.name], "did not load the bundle")

    def _overlap_password(self) -> None:
        self._rotate_password("--overlap")
        self._two_passwords = True

    def _overlap_password_slowly(self) -> None:
        self._rotate_password("--overlap", "--gap", self._gap())
        self._two_passwords = True

    def _finish_password(self) -> None:
        self._lab.verb("rotate-password", "--finish")
        self._two_passwords = False

    def _server_first(self) -> None:
        # Nobody who connects now can know the password: live connections have to bear it.
        before = self._counts("proven")
        self._lab.verb("rotate-password", "--server-first", "--gap", "0.3")
        self._proved(before)
        self._two_passwords = False

    def _file_first(self) -> None:
        self._rotate_password("--file-first", "--gap", self._gap())
        self._two_passwords = False

    def _rotate_password(self, *options: str) -> None:
        before = self._counts("proven")
        self._begin("password", lambda: self._proved(before), "rotate-password", *options)

    def _proved(self, before: dict[str, int]) -> None:
        """Who sleeps through a whole password cannot be expected to know the next one's elder."""
        self._await(lambda w: w.facts["proven"] > before[w.name], "did not prove the password")

    def _new_client_ca(self) -> None:
        self._lab.verb("rotate-client", "--new-ca")
        self._two_client_cas = True

    def _finish_client_ca(self) -> None:
        self._lab.verb("rotate-client", "--finish")
        self._two_client_cas = False

    def _key_first(self) -> None:
        words = ("rotate-client", "--key-first", "--gap", self._gap())
        self._begin("client", self._presented, *words)

    def _untrusted(self) -> None:
        # Nobody can know that the server will refuse it: live connections have to bear it.
        for options in (("--untrusted",), ()):
            self._lab.verb("rotate-client", *options)
            self._presented()

    def _presented(self) -> None:
        """A half-written pair must not hide this one from anybody."""
        leaf = self._lab.status()["client"]["leaf"]["sha256"]
        self._await(lambda w: w.facts["identity"] == leaf, "did not load the client certificate")

    def _break(self, *words: str) -> None:
        self._lab.verb(*words)
        self._broken = True

    def _publish_garbage(self) -> None:
        self._garbage.write_bytes(self._random.randbytes(self._random.randrange(1, 4096)))
        self._break("publish", str(self._garbage))

    def _repair(self) -> None:
        self._lab.verb("repair")
        self._broken = False

    def _pause(self) -> None:
        self._lab.verb("pause", str(round(self._random.uniform(0.1, 1.5), 1)))

    def _long_pause(self) -> None:
        self._lab.verb("pause", LONG_PAUSE)
        before = self._counts("commands")
        self._await(lambda w: w.facts["commands"] > before[w.name], "stayed silent after a pause")
        self._settle()

    def _disconnect(self) -> None:
        before = self._counts("reconnects")
        self._lab.verb("disconnect")
        self._reconnected(before)

    def _kill(self) -> None:
        before = self._counts("reconnects")
        self._lab.verb("kill")
        keep_working(self._workers, round(self._random.uniform(0, 1), 1))
        self._lab.verb("restart")
        self._reconnected(before)

    def _reconnected(self, before: dict[str, int]) -> None:
        self._await(lambda w: w.facts["reconnects"] > before[w.name], "did not reconnect")
        self._settle()

    def _settle(self) -> None:
        """What was interrupted has been told: each worker's next two lines are of later times."""
        lines = {worker.name: worker.lines for worker in self._workers}
        self._await(lambda w: w.lines >= lines[w.name] + 2, "fell silent")

    def _counts(self, field: str) -> dict[str, int]:
        return {worker.name: worker.facts.get(field, 0) for worker in self._workers}

    def _await(self, reached: Callable[[Worker], bool], otherwise: str) -> None:
        late = wait([w for w in self._workers if w.is_alive], reached, PATIENCE)
        self.problems += [f"{w.name} {otherwise} (step {self._steps})" for w in late]

    def _gap(self) -> str:
        """Seconds that end before the step that waits for them."""
        return str(round(self._random.uniform(1, 2.8), 1))

    def _begin(self, what: str, then: Callable[[], None], *words: str) -> None:
        """Starts a verb that takes some steps; ``then`` follows its end."""
        finish = self._lab.begin(*words)
        self._pending[what] = (self._steps + 3, lambda: (finish(), then()))


def always() -> bool:
    """Legal at any time."""
    return True


def pace(started: float, workers: list[Worker]) -> None:
    """Lets the rest of a second pass since ``started``."""
    keep_working(workers, max(0.05, started + 1 - time.monotonic()))
