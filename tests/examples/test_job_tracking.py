"""Job tracking in two languages: progress grows to its end, also where events are lost."""

from __future__ import annotations

import json


def test_whoever_watches_sees_the_end(run, rotate, restart, beside):
    pairs = {"python": "go", "go": "python"}
    watching = {}
    for runs, watches in pairs.items():
        job = run(runs, "job_tracking", "--steps", 100, "--seconds", 0.03, "run", runs)
        while not beside.exists(f"job:{runs}"):
            assert job.process.poll() is None
        watching[runs] = run(watches, "job_tracking", "watch", runs)
    for watcher in watching.values():
        watcher.until(lambda lines: len(lines) > 1, "")
    rotate()
    # No connection was lost so far: no step is missing between the first one seen and now.
    seen = {runs: steps(watcher) for runs, watcher in watching.items()}
    assert all(it == list(range(it[0], it[-1] + 1)) for it in seen.values())
    restart()
    for runs, watcher in watching.items():
        lines = watcher.ends()
        assert lines[-1] == "100 100 done"
        assert steps(watcher) == sorted(set(steps(watcher)))
        assert 3500 < beside.ttl(f"job:{runs}") <= 3600
        for language in pairs:
            with run(language, "job_tracking", "show", runs) as shown:
                state = {"done": "100", "total": "100", "state": "done"}
                assert json.loads(shown.ends()[-1]) == state


def steps(watcher):
    lines = (line.split() for line in watcher.lines())
    return [int(words[0]) for words in lines if words[0].isdigit()]


def test_a_job_whose_worker_died_is_lost(run, beside):
    for runs, watches in {"python": "go", "go": "python"}.items():
        options = ("--steps", 1000, "--seconds", 0.05, "--expire", 1)
        job = run(runs, "job_tracking", *options, "run", "doomed")
        while not beside.exists("job:doomed"):
            assert job.process.poll() is None
        watcher = run(watches, "job_tracking", "watch", "doomed")
        watcher.until(lambda lines: len(lines) > 1, "")
        job.process.kill()
        assert watcher.ends(code=1)[-1] == "lost"


def test_a_late_report_does_not_turn_back(run, beside):
    jobs = []
    for language in ("python", "go"):
        beside.hset(f"job:{language}", mapping={"done": 3, "total": 5, "state": "running"})
        options = ("--steps", 5, "--seconds", 0.1)
        jobs.append(run(language, "job_tracking", *options, "run", language))
    for language in ("python", "go"):
        while (done := int(beside.hget(f"job:{language}", "done"))) < 5:
            assert done >= 3
    for job in jobs:
        job.ends()
