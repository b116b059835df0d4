"""Clients in other processes and under other event loops."""

from __future__ import annotations

import multiprocessing
import pickle
import warnings

import anyio
import pytest
import trio

import redlatch


def count(client: redlatch.Redis) -> int:
    return client.incr("n")


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_a_client_goes_to_other_processes(options, method):
    client = redlatch.Redis(**options)
    assert client.incr("n") == 1
    with warnings.catch_warnings():
        # Newer versions of Python warn of forks while threads run.
        warnings.simplefilter("ignore")
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert sorted(pool.map(count, [client] * 4)) == [2, 3, 4, 5]
    assert client.incr("n") == 6
    client.close()


@pytest.mark.parametrize(
    "secret",
    [
        {"password": "hunter2"},
        {"url": "redis://:hunter2@localhost"},
        {"credentials_provider": lambda: "hunter2"},
    ],
)
def test_a_secret_is_not_pickled(secret):
    for made in (redlatch.Redis, redlatch.asyncio.Redis):
        with pytest.raises(redlatch.errors.ClientMisuse) as caught:
            pickle.dumps(made(**secret))
        assert "hunter2" not in str(caught.value)


def test_what_is_pickled_is_the_same_client(options):
    client = redlatch.Redis(decode_responses=True, db=3, **options)
    again = pickle.loads(pickle.dumps(client))
    assert again.config == client.config
    again.set("key", "value")
    assert client.get("key") == "value"


def test_the_environment_is_read_again_where_a_client_is_unpickled(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@localhost:7")
    pickled = pickle.dumps(redlatch.from_env(db=3))
    assert b"hunter2" not in pickled
    monkeypatch.setenv("REDIS_URL", "redis://:other@localhost:8")
    assert pickle.loads(pickled).config["address"] == "localhost:8"


def test_anyio_on_asyncio_works_and_trio_is_told(options):
    async def use() -> object:
        return await redlatch.asyncio.Redis(**options).ping()

    assert anyio.run(use) is True
    with pytest.raises(redlatch.errors.ClientMisuse, match="asyncio"):
        trio.run(use)
