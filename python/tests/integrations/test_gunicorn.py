"""gunicorn with --preload: workers are children of a process that has a connection."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

from programs import LIMIT, running

import redlatch


def test_each_worker_has_connections_of_its_own(lab, options):
    words = "--preload --workers 2 --bind 127.0.0.1:0 wsgi".split()
    environment = lab.environment(poll_interval="50ms", distrust_grace="2s")
    with (
        redlatch.Redis(**options) as client,
        running("gunicorn", *words, ready="Listening at", **environment) as master,
    ):
        place = re.search(r"Listening at: (\S+)", master.said())
        assert place

        def visit() -> dict[str, Any]:
            with urllib.request.urlopen(place[1], timeout=LIMIT) as answer:
                assert answer.status == 200
                return json.load(answer)

        connections: dict[int, set[int]] = {}
        visits = 0
        while len(connections) < 2:
            came = visit()
            visits += 1
            assert came["visits"] == visits
            assert came["boot"]["process"] == master.process.pid
            mine = came["mine"]
            connections.setdefault(mine["process"], set()).add(mine["connection"])
        assert master.process.pid not in connections
        boot = came["boot"]["connection"]
        one, other = connections.values()
        assert len(one) == len(other) == 1 and len(one | other | {boot}) == 3
        # The master's is there still, and nobody has said anything on it since.
        listed = {it["id"]: it["cmd"] for it in client.client_list()}
        assert listed[str(boot)] == "client|id"
        assert {str(it) for it in one | other} <= listed.keys()
        # Workers follow the files by themselves.
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
        left = set(connections)
        while left:
            mine = visit()["mine"]
            if mine["connection"] not in one | other:
                left.discard(mine["process"])
