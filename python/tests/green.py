"""What `test_green` runs with patched sockets. Usage: green.py gevent|eventlet ARGUMENTS"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys

if sys.argv[1] == "gevent":
    from gevent import monkey

    monkey.patch_all()
    from gevent import sleep, spawn

    def join(greenlets):
        return [it.get(timeout=30) for it in greenlets]
else:
    import eventlet

    eventlet.monkey_patch()
    from eventlet import sleep, spawn

    def join(greenlets):
        return [it.wait() for it in greenlets]


import redis

import redlatch

OPTIONS = json.loads(sys.argv[2])
LAB = json.loads(os.environ["LAB"])

client = redlatch.Redis(ssl=True, **OPTIONS)

# One waits on the server; the others go on.
waiting = spawn(client.blpop, "jobs", 20)
turns = 0
while client.info("clients")["blocked_clients"] == 0:
    turns += 1
    sleep(0)
client.rpush("jobs", "one")
assert join([waiting]) == [(b"jobs", b"one")]
print("busy")

assert client.set("n", 0)
join([spawn(client.incr, "n") for _ in range(500)])
assert client.get("n") == b"500"
assert client.status()["counters"]["connects"] <= 2
print("shared")

with client.pipeline() as pipe:
    pipe.watch("n")
    client.set("n", 1)
    pipe.multi()
    pipe.get("n")
    try:
        pipe.execute()
        raise SystemExit("nobody noticed the change")
    except redis.WatchError:
        print("watched")

with client.pubsub(ignore_subscribe_messages=True) as heard:
    heard.subscribe("news")
    heard.get_message(timeout=5)
    hearing = spawn(heard.get_message, timeout=20)
    sleep(0)
    client.publish("news", "hello")
    assert join([hearing])[0]["data"] == b"hello"
    assert heard.get_message(timeout=0.01) is None
print("heard")

for verb in ("add-ca", "switch-leaf", "drop-ca"):
    command = [verb if word == "VERB" else word for word in LAB]
    changing = spawn(subprocess.run, command, check=True, capture_output=True)
    for _ in range(50):
        client.incr("n")
    join([changing])
seen = set()
while "replaced" not in seen:
    client.incr("n")
    seen |= {event["kind"] for event in client.events()}
print("rotated")

pool = redis.ConnectionPool(connection_class=redlatch.Connection, ssl=True, **OPTIONS)
other = redis.Redis(connection_pool=pool)
assert join([spawn(other.incr, "n") for _ in range(20)])
print("polled")

# Eventlet wakes who waits for descriptors once for each, wherever they wait by then.
client.set("n", 7)
for asked in (client, other):
    pipes = [os.pipe() for _ in range(8)]
    for _, end in pipes:
        os.write(end, b"!")
    assert select.select([end for end, _ in pipes], [], [], 20)[0]
    assert asked.get("n") == b"7"
print("patient")
pool.disconnect()
client.close()
