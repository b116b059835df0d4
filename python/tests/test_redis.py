"""The blocking client against a real server."""

from __future__ import annotations

import os
import threading

import pytest
import redis

import redlatch


@pytest.fixture
def client(options):
    with redlatch.Redis(**options) as made:
        yield made


def test_commands_answer_as_redis_py(client):
    assert client.ping() is True
    assert client.set("key", "value") is True
    assert client.get("key") == b"value"
    assert client.get("missing") is None
    assert client.incr("number") == 1
    assert client.hset("hash", mapping={"a": 1, "b": 2}) == 2
    assert client.hgetall("hash") == {b"a": b"1", b"b": b"2"}
    assert client.sadd("set", "x", "y") == 2
    assert client.smembers("set") == {b"x", b"y"}
    assert client.zadd("sorted", {"m": 1.5}) == 1
    assert client.zrange("sorted", 0, -1, withscores=True) == [(b"m", 1.5)]
    assert client.info()["redis_mode"] == "standalone"
    assert client.client_getname() is None


def test_text_is_decoded_on_request(options):
    with redlatch.Redis(**options, decode_responses=True) as client:
        client.set("key", "grün")
        assert client.get("key") == "grün"
        client.set("key", b"\xff")
        with pytest.raises(UnicodeDecodeError):
            client.get("key")
        assert client.get("missing") is None


@pytest.mark.parametrize("protocol", [2, 3])
def test_both_protocols_give_the_same(options, protocol):
    with redlatch.Redis(**options, protocol=protocol) as client:
        client.hset("hash", "field", "value")
        assert client.hgetall("hash") == {b"field": b"value"}
        assert client.config_get("appendonly")["appendonly"] == "yes"


def test_sets_are_lists_as_redis_py_has_them(options):
    with redlatch.Redis(**options, protocol=3) as client:
        client.sadd("set", "member")
        assert client.smembers("set") == {b"member"}
        script = "redis.setresp(3) return redis.call('SMEMBERS', KEYS[1])"
        assert client.eval(script, 1, "set") == [b"member"]


def test_binary_and_large_values(client):
    key = bytes(range(256))
    value = bytes(1 << 20)
    client.set(key, value)
    assert client.get(key) == value


def test_large_and_nested_replies(client):
    script = "local t = {} for i = 1, 100000 do t[i] = i end return t"
    assert client.eval(script, 0) == list(range(1, 100_001))
    nested = client.eval("local t = {} for i = 1, 100 do t = {t} end return t", 0)
    depth = 0
    while nested:
        nested, depth = nested[0], depth + 1
    assert depth == 100


def test_pipelines_and_transactions(client):
    with client.pipeline(transaction=False) as pipe:
        assert pipe.set("a", 1).get("a").incr("a").execute() == [True, b"1", 2]
    with client.pipeline() as pipe:
        assert pipe.set("a", 5).incr("a").execute() == [True, 6]
        assert pipe.execute() == []
        pipe.set("text", "x").incr("text").get("text")
        replies = pipe.execute(raise_on_error=False)
        assert isinstance(replies[1], redis.ResponseError)
        assert replies[2] == b"x"
        with pytest.raises(
            redis.ResponseError, match=r"^Command # 2 \(INCRBY\) of pipeline caused"
        ):
            pipe.set("a", 1).incr("text").execute()
        # Refused when it is queued, already.
        with pytest.raises(redis.ResponseError, match=r"^Command # 2 \(ZREM\) of pipeline caused"):
            pipe.set("a", 1).zrem("b").execute()
        # Nothing to ask, so it is not sent: the server would refuse the whole transaction.
        assert pipe.set("a", 1).mget([]).get("a").execute() == [True, [], b"1"]


def test_scripts(client):
    double = client.register_script("return redis.call('incrby', KEYS[1], ARGV[1])")
    assert double(keys=["n"], args=[4]) == 4
    assert double(keys=["n"], args=[4]) == 8


def test_threads_share_a_client(client):
    def work(number: int) -> None:
        for at in range(200):
            client.set(f"k{number}", f"{number}:{at}")
            assert client.get(f"k{number}") == f"{number}:{at}".encode()

    failed: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_forked_child_leaves_the_parents_connection_alone(client):
    client.set("key", "parent")
    mine = client.client_id()
    child = os.fork()
    if child == 0:
        good = client.client_id() != mine and client.get("key") == b"parent"
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client.client_id() == mine
    assert client.get("key") == b"parent"


def test_a_blocking_command_waits_longer_than_the_timeout(options):
    with redlatch.Redis(**(options | {"socket_timeout": 0.2})) as client:
        other = threading.Thread(target=lambda: client.rpush("list", "item"))
        other.start()
        assert client.blpop("list", timeout=5) == (b"list", b"item")
        other.join()


def test_a_client_works_again_after_close(client):
    client.set("key", "value")
    client.close()
    assert client.get("key") == b"value"


def test_commands_that_change_a_shared_connection_are_refused(client):
    with pytest.raises(redlatch.errors.ClientMisuse) as caught:
        client.execute_command("SELECT", 1)
    assert caught.value.evidence == {"command": "SELECT"}
    with pytest.raises(redis.DataError):
        client.set("key", True)
