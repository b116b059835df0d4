"""Requests to a deployed application, one after the other, while something rotates."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from typing import Any

from program import LIMIT, Program


class App:
    """A running application."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.port = int(program.says("listening on").split()[-1])
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)

    def ask(self, method: str, path: str) -> tuple[int, dict[str, Any]]:
        self._connection.request(method, path)
        with self._connection.getresponse() as answer:
            return answer.status, json.load(answer)

    def status(self) -> dict[str, Any]:
        return self.ask("GET", "/status")[1]

    def close(self) -> None:
        """It ends as told, and well."""
        self._connection.close()
        self.program.ends(told=True)


class Traffic:
    """Visits, none of which may fail or be counted wrong, until its block ends."""

    def __init__(self, apps: list[App], page: str = "home") -> None:
        self._apps, self._page = apps, page
        self.visits: dict[App, list[int]] = {app: [] for app in apps}
        self._refused: list[object] = []
        self._more = threading.Condition()
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(app,)) for app in apps]

    def _visit(self, app: App) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=LIMIT)
        try:
            while not self._enough.is_set():
                connection.request("POST", f"/visits/{self._page}")
                with connection.getresponse() as answer:
                    document = json.load(answer)
                with self._more:
                    if answer.status == 200:
                        self.visits[app].append(document["visits"])
                    else:
                        self._refused.append(document)
                    self._more.notify_all()
        except BaseException as error:
            with self._more:
                self._refused.append(error)
                self._more.notify_all()
        finally:
            connection.close()

    def goes_on(self, reached: Callable[[], bool] = lambda: True) -> None:
        """Waits until each application has counted some more, and something holds."""
        with self._more:
            before = {app: len(seen) for app, seen in self.visits.items()}

            def more() -> bool:
                on = all(len(seen) > before[app] + 1 for app, seen in self.visits.items())
                return bool(self._refused) or (on and reached())

            assert self._more.wait_for(more, LIMIT), "nothing moves"
            assert not self._refused, self._refused

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join(LIMIT)

    def check(self) -> int:
        """No visit failed, and each was counted once; how many there were."""
        assert not self._refused, self._refused
        counted = sorted(visit for seen in self.visits.values() for visit in seen)
        assert counted == list(range(1, len(counted) + 1))
        return len(counted)
