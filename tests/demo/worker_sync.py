"""The demo's blocking Python worker: SET and GET with value checks until standard input ends.

With ``--idle`` it runs a pair of commands only when a line comes in.
"""

from __future__ import annotations

import os
import sys
import threading

import redlatch
from tally import Tally

KEYS = 64


def main() -> None:
    name = os.environ["REDLATCH_DEMO_NAME"]
    client = redlatch.from_env(decode_responses=True, poll_interval=1, client_name=name)
    tally = Tally(name)
    expected: list[set[str | None]] = [{None} for _ in range(KEYS)]

    def pair(number: int) -> None:
        at = number % KEYS
        key = f"demo:{name}:{at}"
        value = str(number)
        try:
            client.set(key, value)
            expected[at] = {value}
            tally.done()
        except redlatch.RedlatchError as error:
            if tally.fail(error):
                expected[at] = expected[at] | {value}
        try:
            found = client.get(key)
            tally.done()
            if found not in expected[at]:
                tally.wrong += 1
            expected[at] = {found}
        except redlatch.RedlatchError as error:
            tally.fail(error)

    def tell() -> None:
        tally.follow(client.events(), client.status())
        tally.print()

    client.delete(*(f"demo:{name}:{at}" for at in range(KEYS)))
    if "--idle" in sys.argv:
        for number, _ in enumerate(sys.stdin):
            tally.resume()
            pair(number)
            tell()
    else:
        over = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
        number = 0
        while not over.is_set():
            pair(number)
            number += 1
            if tally.due():
                tell()
    tell()
    client.close()


if __name__ == "__main__":
    main()
