"""Dashboard and alerts name metrics and labels that exist, in PromQL that can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families as parse

from redlatch import _native

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yaml"
DASHBOARD = DEPLOY / "grafana" / "redlatch.json"
#: Labels that Prometheus itself adds.
ADDED = {"job", "instance"}
CERTIFICATE = {"sha256": "00", "subject": "CN=x", "not_after": 2_000_000_000}
MATERIAL = {"generation": 1, "since": 1, "refused": None, "rejections": 0}
#: A client that has everything a client can have.
STATUS: dict[str, Any] = {
    "state": "failing",
    "address": "a:1",
    "client_name": None,
    "verify": "full",
    "connections": 1,
    "sessions": [{"anchor_sha256": "00", "distrusted": None, "peer": CERTIFICATE}],
    "queued": 0,
    "open": 0,
    "events_dropped": 0,
    "counters": dict.fromkeys(
        [
            *("commands", "replies", "failures", "connects"),
            *("reconnects", "replacements", "auth_failures"),
        ],
        0,
    ),
    "trust": MATERIAL | {"certificates": [CERTIFICATE]},
    "identity": MATERIAL | CERTIFICATE,
    "crl": MATERIAL | {"lists": [{"issuer": "CN=x", "next_update": 1}]},
    "credentials": MATERIAL | {"expires": 2_000_000_000},
    "dangers": ["danger_plaintext_auth"],
    "last_error": {"code": "net.refused", "text": ""},
}


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    """Labels of each metric."""
    text = _native.expose_metrics([json.dumps(STATUS)])
    found = {
        sample.name: set(sample.labels) | ADDED
        for family in parse(text)
        for sample in family.samples
    }
    rules = yaml.safe_load(RULES.read_text())
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        if "record" in rule:
            found[rule["record"]] = {"client"} | ADDED
    return found


def selectors(expression: Any) -> Iterator[tuple[str, set[str]]]:
    """Metrics of a parsed expression, with the labels they are selected by."""
    if isinstance(expression, promql_parser.VectorSelector):
        matchers = expression.matchers.matchers
        yield expression.name, {matcher.name for matcher in matchers}
    for name in ("lhs", "rhs", "expr", "vector_selector"):
        child = getattr(expression, name, None)
        if child is not None:
            yield from selectors(child)
    for argument in getattr(expression, "args", None) or []:
        yield from selectors(argument)


def check(query: str, known: dict[str, set[str]]) -> None:
    expression = promql_parser.parse(query.replace("$__rate_interval", "5m"))
    found = list(selectors(expression))
    assert found, query
    # Nothing that looks like ours was overlooked.
    assert {name for name, _ in found} == set(re.findall(r"redlatch[a-z_:]+", query)), query
    for name, labels in found:
        assert name in known, f"{name} in {query}"
        assert labels <= known[name], f"{labels} in {query}"
    grouped = re.findall(r"\b(?:by|without|on)\s*\(([^)]*)\)", query)
    every = set().union(*(known[name] for name, _ in found))
    for label in (label.strip() for group in grouped for label in group.split(",")):
        assert label in {*every, "sha256", "subject"}, f"{label} in {query}"


def test_alerts(known):
    groups = yaml.safe_load(RULES.read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    names = [rule.get("alert", rule.get("record")) for rule in rules]
    assert len(names) == len(set(names)) > 10
    for rule in rules:
        check(rule["expr"], known)
        if "record" in rule:
            assert set(rule) == {"record", "expr"}
            continue
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "0m")), rule
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "description"}
        labels = set().union(
            *(known[name] for name, _ in selectors(promql_parser.parse(rule["expr"])))
        )
        for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
            assert label in labels, f"{label} in {rule['alert']}"


def test_dashboard(known):
    board = json.loads(DASHBOARD.read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    for panel in panels:
        assert panel["title"] and panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for target in panel["targets"]:
            check(target["expr"], known)
            for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                assert any(label in labels for labels in known.values()), label
    for variable in board["templating"]["list"][1:]:
        query = variable["query"]["query"]
        name, label = re.fullmatch(r"label_values\((\w+)(?:{.*})?, (\w+)\)", query).groups()
        assert label in known[name], query


def test_every_metric_is_shown_or_told_apart(known):
    """One that is neither on the dashboard nor in an alert is there for a reason."""
    text = RULES.read_text() + DASHBOARD.read_text()
    unseen = {name for name in known if name.startswith("redlatch_") and name not in text}
    assert unseen == {
        "redlatch_build_info",
        "redlatch_events_dropped_total",
        "redlatch_material_loaded_timestamp_seconds",
        "redlatch_replies_total",
    }
