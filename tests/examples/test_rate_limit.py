"""Rate limits of all languages on one bucket: never more than its tokens, whatever is replaced."""

from __future__ import annotations

import time

LANGUAGES = ("python", "node", "go")


def now(beside):
    seconds, microseconds = beside.time()
    return seconds + microseconds / 1e6


def test_no_more_than_the_tokens_pass(run, rotate, restart, beside):
    burst, rate = 5, 40
    options = ("--burst", burst, "--per-second", rate, "--attempts", 10**9, "--parallel", 3)
    began = now(beside)
    programs = [run(it, "rate_limit", *options, "--pause", 0.005, "all") for it in LANGUAGES]

    def allowed():
        return sum(len(it.lines("allowed")) for it in programs)

    for program in programs:
        program.says("allowed")
        program.says("denied")
    rotate()
    # No attempt failed so far.
    assert not any(it.lines("unanswered") for it in programs)
    restart()
    for program in programs:
        program.says("allowed", len(program.lines("allowed")) + 1)
    # What was counted had passed before the clock was read.
    counted = allowed()
    assert counted <= burst + rate * (now(beside) - began)
    # Nor does the limit lock anybody out.
    assert counted > burst + 2 * len(programs)


def test_a_bucket_outlives_the_server(run, restart, beside):
    options = ("--burst", 7, "--per-second", 0.0001, "--attempts", 4, "user:17")
    seen = []
    for language in LANGUAGES:
        with run(language, "rate_limit", *options) as program:
            seen.append(program.ends()[-1])
        restart()
    assert seen == [
        "allowed=4 denied=0 unanswered=0",
        "allowed=3 denied=1 unanswered=0",
        "allowed=0 denied=4 unanswered=0",
    ]
    # One more token comes after 10000 s; the bucket is kept until it would be full.
    assert 69_000_000 < beside.pttl("limit:user:17") < 70_002_000


def test_it_tells_how_long_to_wait(run):
    for language in LANGUAGES:
        options = ("--burst", 1, "--per-second", 0.001, "--attempts", 2, language)
        with run(language, "rate_limit", *options) as program:
            first, second, _ = program.ends()
        assert first == "allowed"
        assert 900 < float(second.removeprefix("denied ")) <= 1000


def test_a_bucket_fills_again(run):
    with run("go", "rate_limit", "--burst", 1, "--per-second", 20, "--attempts", 2, "u") as program:
        _, second, _ = program.ends()
    if second != "allowed":  # it was as quick as it should be
        time.sleep(float(second.removeprefix("denied ")))
        with run("python", "rate_limit", "--burst", 1, "--per-second", 20, "u") as program:
            assert program.ends()[0] == "allowed"
