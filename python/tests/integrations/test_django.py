"""Django's cache: django-redis, and the backend that comes with Django."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.core.cache import CacheHandler

import redlatch

PAGE = Path(__file__).parents[2] / "README.md"
SETTINGS = re.search(r"^```python\n(SERVER = .*?)^```$", PAGE.read_text(), re.M | re.S)


@pytest.fixture
def cache(lab, request: pytest.FixtureRequest) -> Iterator[Any]:
    if not settings.configured:
        settings.configure()
        django.setup()
    # The settings of the page.
    module: dict[str, Any] = {}
    assert SETTINGS
    exec(lab.hosting(SETTINGS[1]), module)
    cache = module["CACHES"][request.param]
    cache["LOCATION"] += "&poll_interval=50ms&distrust_grace=2"
    made = CacheHandler({"default": cache})["default"]
    yield made
    made.close()


@pytest.mark.parametrize("cache", ["default", "plain"], indirect=True)
def test_values_outlive_a_replaced_ca(cache, lab, options):
    cache.set("page", {"views": 1})
    cache.set_many({"a": 1, "b": 2}, timeout=60)
    with redlatch.Redis(**options) as beside:
        before = {it["id"] for it in beside.client_list()}
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
            assert cache.get("page") == {"views": 1}
        while before & {it["id"] for it in beside.client_list()}:
            assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert cache.incr("a", 4) == 5
    assert cache.delete("page")
    assert cache.get("page", "none") == "none"


@pytest.mark.parametrize("cache", ["default"], indirect=True)
def test_what_django_redis_adds(cache):
    assert isinstance(cache.client.get_client(), redlatch.Redis)
    with cache.lock("lock", timeout=5):
        assert not cache.lock("lock", timeout=5).acquire(blocking=False)
    cache.set("old", 1, timeout=60)
    assert 0 < cache.ttl("old") <= 60
    cache.set_many({"user:1": 1, "user:2": 2})
    assert sorted(cache.iter_keys("user:*")) == ["user:1", "user:2"]
    assert cache.delete_pattern("user:*") == 2
