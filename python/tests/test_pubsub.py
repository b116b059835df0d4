"""Subscriptions of both clients, through rotations and losses."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
import redis

import redlatch


def texts(messages):
    return [(it["type"], it["channel"], it["data"]) for it in messages]


@pytest.mark.parametrize("protocol", [2, 3])
def test_messages_of_channels_patterns_and_shards(options, protocol):
    with redlatch.Redis(protocol=protocol, **options) as client, client.pubsub() as heard:
        heard.subscribe("a", "b")
        heard.psubscribe("p*")
        heard.ssubscribe("s")
        client.publish("b", "one")
        client.publish("pq", "two")
        client.execute_command("SPUBLISH", "s", "three")
        got = [heard.get_message(timeout=5) for _ in range(7)]
        assert texts(got) == [
            ("subscribe", b"a", 1),
            ("subscribe", b"b", 2),
            ("psubscribe", b"p*", 3),
            ("ssubscribe", b"s", 1),
            ("message", b"b", b"one"),
            ("pmessage", b"pq", b"two"),
            ("smessage", b"s", b"three"),
        ]
        assert heard.get_message() is None
        heard.unsubscribe()
        assert {heard.get_message(timeout=5)["channel"] for _ in range(2)} == {b"a", b"b"}


@pytest.mark.parametrize("protocol", [2, 3])
def test_ping_and_handlers(options, protocol):
    got: list[dict] = []
    with redlatch.Redis(protocol=protocol, decode_responses=True, **options) as client:
        heard = client.pubsub(ignore_subscribe_messages=True)
        heard.subscribe(news=got.append)
        assert heard.get_message(timeout=5) is None
        heard.ping()
        assert heard.get_message(timeout=5)["type"] == "pong"
        client.publish("news", "one")
        while not got:
            heard.get_message(timeout=5)
        assert got[0]["data"] == "one"
        heard.close()


def test_one_thread_listens_while_another_subscribes(options):
    with redlatch.Redis(**options) as client, client.pubsub() as heard:
        heard.subscribe("a")
        got: list[tuple] = []

        def listen() -> None:
            for message in heard.listen():
                got.append(message)
                if message["data"] == b"stop":
                    return

        thread = threading.Thread(target=listen)
        thread.start()
        heard.subscribe("b")
        while client.pubsub_numsub("b") != [(b"b", 1)]:
            pass
        client.publish("b", "stop")
        thread.join(10)
        assert not thread.is_alive()
        assert texts(got)[-1] == ("message", b"b", b"stop")


def test_a_thread_of_redis_py_runs_it(options):
    got = threading.Event()
    with redlatch.Redis(**options) as client:
        heard = client.pubsub()
        heard.subscribe(a=lambda _: got.set())
        worker = heard.run_in_thread(sleep_time=0.05, daemon=True)
        client.publish("a", "m")
        assert got.wait(10)
        worker.stop()
        worker.join(10)


def test_a_subscription_that_is_refused_is_raised_where_it_is_made(options):
    with redlatch.Redis(**options) as client:
        client.acl_setuser("u", enabled=True, nopass=True, keys=["*"], commands=["+@all"])
        plain = {name: value for name, value in options.items() if name != "password_file"}
        with (
            redlatch.Redis(username="u", password="x", **plain) as other,
            other.pubsub() as heard,
        ):
            with pytest.raises(redis.exceptions.NoPermissionError):
                heard.subscribe("secret")
            assert not heard.channels


def test_nobody_listens_to_an_untrusted_server(options, lab):
    authority = Path(options.pop("ssl_ca_certs")).read_text()
    for verb in ("add-ca", "switch-leaf"):
        lab.verb(verb)
    with redlatch.Redis(ca_pem=authority, **options) as client, client.pubsub() as heard:
        with pytest.raises(redlatch.errors.TlsUntrusted):
            heard.subscribe("a")


def test_a_rotation_loses_and_repeats_nothing(options, lab):
    with (
        redlatch.Redis(**options) as client,
        redlatch.Redis(**options) as other,
        client.pubsub(ignore_subscribe_messages=True) as heard,
    ):
        heard.subscribe("numbers")
        heard.get_message(timeout=5)
        sent = 0
        got: list[int] = []

        def hear() -> None:
            while (message := heard.get_message(timeout=0.01)) is not None:
                got.append(int(message["data"]))

        def events() -> set[str]:
            return {event["kind"] for event in client.events()}

        seen: set[str] = set()
        for verb in (("add-ca",), ("switch-leaf",), ("drop-ca",), ("rotate-password",)):
            lab.verb(*verb)
            for _ in range(100):
                other.publish("numbers", sent)
                sent += 1
                hear()
            seen |= events()
        while "replaced" not in seen:
            other.publish("numbers", sent)
            sent += 1
            hear()
            seen |= events()
        while len(got) < sent:
            hear()
        assert got == list(range(sent))
        assert "gap" not in seen


def test_a_loss_is_told_and_repaired(options, lab):
    with redlatch.Redis(**options) as client, client.pubsub() as heard:
        heard.subscribe("a")
        assert heard.get_message(timeout=5)["type"] == "subscribe"
        lab.verb("kill")
        lab.verb("restart")
        message = None
        while message is None:
            client.publish("a", "after")
            message = heard.get_message(timeout=0.1)
        assert message["data"] == b"after"
        assert "gap" in {event["kind"] for event in client.events()}


def test_closing_the_client_ends_a_wait(options):
    client = redlatch.Redis(**options)
    heard = client.pubsub()
    heard.subscribe("a")
    assert heard.get_message(timeout=5)["type"] == "subscribe"
    errors: list[Exception] = []

    def listen() -> None:
        # Whoever goes on after that hears it again.
        for _ in range(2):
            try:
                heard.get_message(timeout=None)
            except redlatch.errors.ClientClosed as error:
                errors.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    client.close()
    thread.join(10)
    assert not thread.is_alive()
    assert len(errors) == 2
    with pytest.raises(redlatch.errors.ClientClosed):
        heard.subscribe("b")
    heard.close()
    heard.subscribe("b")
    assert heard.get_message(timeout=5)["type"] == "subscribe"
    heard.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_listens_on_a_connection_of_its_own(options):
    with redlatch.Redis(**options) as client, client.pubsub() as heard:
        heard.subscribe("a")
        heard.get_message(timeout=5)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                message = heard.get_message(timeout=20)
                code = 0 if message and message["data"] == b"both" else 2
            finally:
                os._exit(code)
        while client.pubsub_numsub("a") != [(b"a", 2)]:
            pass
        client.publish("a", "both")
        assert heard.get_message(timeout=5)["data"] == b"both"
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class TestAsyncio:
    @pytest.mark.parametrize("protocol", [2, 3])
    async def test_messages(self, options, protocol):
        async with (
            redlatch.asyncio.Redis(protocol=protocol, **options) as client,
            client.pubsub() as heard,
        ):
            await heard.subscribe("a")
            await heard.psubscribe("p*")
            await client.publish("a", "one")
            await client.publish("pq", "two")
            got = [await heard.get_message(timeout=5) for _ in range(4)]
            assert texts(got) == [
                ("subscribe", b"a", 1),
                ("psubscribe", b"p*", 2),
                ("message", b"a", b"one"),
                ("pmessage", b"pq", b"two"),
            ]
            assert await heard.get_message() is None
            await heard.ping()
            assert (await heard.get_message(timeout=5))["type"] == "pong"

    async def test_listening_and_giving_up(self, options):
        async with redlatch.asyncio.Redis(**options) as client, client.pubsub() as heard:
            await heard.subscribe("a")

            async def listen() -> list:
                got = []
                async for message in heard.listen():
                    got.append(message["data"])
                    if message["data"] == b"stop":
                        break
                return got

            task = asyncio.create_task(listen())
            await client.publish("a", "stop")
            assert await task == [1, b"stop"]
            waiting = asyncio.create_task(heard.get_message(timeout=None))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await client.publish("a", "next")
            assert (await heard.get_message(timeout=5))["data"] == b"next"

    async def test_a_rotation_loses_and_repeats_nothing(self, options, lab):
        async with (
            redlatch.asyncio.Redis(**options) as client,
            client.pubsub(ignore_subscribe_messages=True) as heard,
        ):
            await client.ping()
            await heard.subscribe("numbers")
            await heard.get_message(timeout=5)
            got: list[int] = []
            sent = 0
            seen: set[str] = set()

            async def hear() -> None:
                while (message := await heard.get_message(timeout=0.01)) is not None:
                    got.append(int(message["data"]))

            for verb in ("add-ca", "switch-leaf", "drop-ca"):
                await asyncio.to_thread(lab.verb, verb)
            replaced = 0
            while replaced < 2:
                await client.publish("numbers", sent)
                sent += 1
                await hear()
                kinds = [event["kind"] for event in client.events()]
                replaced += kinds.count("replaced")
                seen |= set(kinds)
            while len(got) < sent:
                await hear()
            assert got == list(range(sent))
            assert "gap" not in seen

    async def test_closing_the_client_ends_a_wait(self, options):
        client = redlatch.asyncio.Redis(**options)
        heard = client.pubsub()
        await heard.subscribe("a")
        await heard.get_message(timeout=5)
        waiting = asyncio.create_task(heard.get_message(timeout=None))
        await asyncio.sleep(0)
        await client.aclose()
        with pytest.raises(redlatch.errors.ClientClosed):
            await waiting
        await heard.aclose()
