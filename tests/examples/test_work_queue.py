"""Work queues of all languages on one stream: what was submitted is done or dead, never lost."""

from __future__ import annotations

import json
import threading
import time

from program import LIMIT

LANGUAGES = ("python", "node", "go")
BOUND = 12
OPTIONS = ("--lease", 2, "--tries", 2, "--parallel", 2, "--bound", BOUND)


def count(programs, start):
    return sum(len(it.lines(start)) for it in programs)


def ids(programs, start):
    return {line.split()[1] for it in programs for line in it.lines(start)}


def test_no_job_is_lost(run, rotate, restart, beside):
    workers = [run(it, "work_queue", *OPTIONS, "work") for it in LANGUAGES]
    doomed = run("python", "work_queue", *OPTIONS, "work")
    submitters = {it: run(it, "work_queue", *OPTIONS, "submit") for it in LANGUAGES}
    enough, lengths = threading.Event(), []
    wanted: set[str] = set()

    def feed(language, submitter):
        # Two that cannot be done, one that outlives its worker, and then as many as there is time.
        jobs = [{"id": f"{language}-{name}"} for name in ("bad", "worse")]
        while not enough.is_set() or len(jobs) < 50:
            jobs.append({"id": f"{language}-{len(jobs)}", "seconds": 0.01})
            if len(jobs) > 3:
                submitter.tell(json.dumps(jobs[-1]))
                lengths.append(beside.xlen("{queue}:jobs"))
            else:
                for job in jobs:
                    submitter.tell(json.dumps(job))
        wanted.update(job["id"] for job in jobs)

    feeders = [threading.Thread(target=feed, args=it) for it in submitters.items()]
    for feeder in feeders:
        feeder.start()
    for worker in [*workers, doomed]:
        worker.says("done")
    rotate()
    doomed.process.kill()
    doomed.process.wait()
    for worker in workers:
        worker.says("done", count([worker], "done") + 1)
    restart()
    for worker in workers:
        worker.says("done", count([worker], "done") + 1)
    enough.set()
    for feeder in feeders:
        feeder.join(LIMIT)
    for submitter in submitters.values():
        submitter.ends()
    limit = time.monotonic() + LIMIT
    while beside.xlen("{queue}:jobs"):
        assert time.monotonic() < limit

    dead = {f"{it}-{name}" for it in LANGUAGES for name in ("bad", "worse")}
    everybody = [*workers, doomed]
    assert ids(submitters.values(), "queued") == wanted
    assert ids(everybody, "done") | dead == wanted
    assert not ids(everybody, "done") & dead
    for language in LANGUAGES:
        with run(language, "work_queue", "dead") as shown:
            letters = [json.loads(line) for line in shown.ends()]
        assert sorted(letter["id"] for letter in letters) == sorted(dead)
        assert all(letter["reason"] for letter in letters)
    assert max(lengths) <= BOUND

    # Once more, and nothing comes of it.
    before = count(workers, "done")
    again = run("go", "work_queue", *OPTIONS, "submit")
    for job in sorted(wanted):
        again.tell(json.dumps({"id": job, "seconds": 0}))
    again.ends()
    assert beside.xlen("{queue}:jobs") == 0
    for worker in workers:
        worker.ends(told=True)
    assert count(workers, "done") == before


def test_submit_waits_for_room(run, beside):
    for language in LANGUAGES:
        options = ("--queue", language, "--bound", 3)
        submitter = run(language, "work_queue", *options, "submit")
        for at in range(5):
            submitter.tell(json.dumps({"id": str(at), "seconds": 0}))
        submitter.says("queued 2")
        assert beside.xlen(f"{{{language}}}:jobs") == 3
        # It tries for the fourth, in vain.
        calls = beside.info("commandstats")["cmdstat_evalsha"]["calls"]
        while beside.info("commandstats")["cmdstat_evalsha"]["calls"] < calls + 3:
            assert submitter.lines()[-1] == "queued 2"
        worker = run(language, "work_queue", *options, "work")
        submitter.says("queued 4")
        submitter.ends()
        worker.says("done", 5)
        worker.ends(told=True)


def test_a_job_whose_workers_were_killed_is_done_by_another(run, beside):
    for language in LANGUAGES:
        options = ("--queue", language, "--lease", 0.2, "--tries", 5)
        submitter = run(language, "work_queue", *options, "submit")
        submitter.tell(json.dumps({"id": "long", "seconds": 0.5}))
        submitter.says("queued long")
        killed = run(language, "work_queue", *options, "--lease", 60, "work")
        while not beside.exists(f"{{{language}}}:jobs") or not pending(beside, language):
            pass
        killed.process.kill()
        killed.process.wait()
        other = run(language, "work_queue", *options, "--lease", 1, "work")
        other.says("done long")
        other.ends(told=True)
        assert beside.xlen(f"{{{language}}}:jobs") == 0


def pending(beside, queue):
    groups = beside.xinfo_groups(f"{{{queue}}}:jobs")
    return groups and groups[0]["pending"]
