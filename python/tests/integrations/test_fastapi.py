"""The FastAPI example, as it stands, under uvicorn."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from programs import LIMIT, running

import redlatch
from lab import Lab

FOLDER = Path(__file__).parents[3] / "tests" / "examples" / "python"


@contextmanager
def serving(lab: Lab, **settings: str) -> Iterator[str]:
    """Where the example listens."""
    words = ["fastapi_app:app", "--app-dir", str(FOLDER), "--port", "0", "--no-access-log"]
    environment = lab.environment(**settings)
    with running("uvicorn", *words, ready="Uvicorn running on", **environment) as server:
        place = re.search(r"Uvicorn running on (\S+)", server.said())
        assert place
        yield place[1]


def ask(url: str, method: str = "GET") -> dict[str, Any]:
    request = urllib.request.Request(url, method=method)
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        return json.load(answer)


def test_visits_are_counted_while_the_ca_is_replaced(lab, options):
    with (
        serving(lab, poll_interval="50ms", distrust_grace="2s") as place,
        redlatch.Redis(**options) as beside,
    ):

        def visit(_: int = 0) -> int:
            return ask(f"{place}/visits/home", "POST")["visits"]

        with ThreadPoolExecutor(8) as threads:
            assert sorted(threads.map(visit, range(40))) == list(range(1, 41))
        assert ask(f"{place}/health") == {"state": "ready"}
        # The application's one connection, and this test's.
        before = {it["id"] for it in beside.client_list()}
        assert len(before) == 2
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
        count = 40
        while before & {it["id"] for it in beside.client_list()}:
            count += 1
            assert visit() == count


def test_it_tells_what_is_wrong(lab):
    with serving(lab, expected_name="elsewhere.example") as place:
        try:
            ask(f"{place}/health")
            raise AssertionError("it is healthy")
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == 503
                assert json.load(error)["detail"]["code"] == "tls.name_mismatch"
