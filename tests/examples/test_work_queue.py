"""Work queues of all languages on one stream: what was submitted is done or dead, never lost."""

from __future__ import annotations

import json
import threading
import time

from program import LIMIT

LANGUAGES = ("python", "node", "go")
BOUND = 12
BAD = ("bad", "worse")
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
        # Two that cannot be done, and then as many as there is time for.
        jobs = [{"id": f"{language}-{name}"} for name in BAD]
        while not enough.is_set() or len(jobs) < 50:
            jobs.append({"id": f"{language}-{len(jobs)}", "seconds": 0.01})
            for job in jobs if len(jobs) == 3 else jobs[-1:]:
                submitter.tell(json.dumps(job))
            # A few ahead of what is queued, no more.
            submitter.says("queued", len(jobs) - 5)
            lengths.append(beside.xlen("{queue}:jobs"))
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

    dead = {f"{it}-{name}" for it in LANGUAGES for name in BAD}
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
    def start(language, verb):
        return run(language, "work_queue", "--queue", language, "--bound", 3, verb)

    submitters = {it: start(it, "submit") for it in LANGUAGES}
    for language, submitter in submitters.items():
        for at in range(5):
            submitter.tell(json.dumps({"id": str(at), "seconds": 0}))
        submitter.says("queued 2")
        assert beside.xlen(f"{{{language}}}:jobs") == 3
    # They try for the fourth, in vain.
    calls = beside.info("commandstats")["cmdstat_evalsha"]["calls"]
    while beside.info("commandstats")["cmdstat_evalsha"]["calls"] < calls + 9:
        assert all(it.lines()[-1] == "queued 2" for it in submitters.values())
    workers = {it: start(it, "work") for it in LANGUAGES}
    for language, submitter in submitters.items():
        submitter.says("queued 4")
        submitter.ends()
        workers[language].says("done", 5)
        workers[language].ends(told=True)


def test_a_job_whose_worker_was_killed_is_done_by_another(run, beside):
    def start(language, verb):
        return run(language, "work_queue", "--queue", language, "--lease", 1.5, verb)

    submitters = {it: start(it, "submit") for it in LANGUAGES}
    killed = {it: start(it, "work") for it in LANGUAGES}
    for language in LANGUAGES:
        submitters[language].tell(json.dumps({"id": "long", "seconds": 1}))
        submitters[language].says("queued long")
        while not pending(beside, language):
            pass
        killed[language].process.kill()
        killed[language].process.wait()
        assert not killed[language].lines("done")
    others = {it: start(it, "work") for it in LANGUAGES}
    for language, other in others.items():
        other.says("done long")
        other.ends(told=True)
        assert beside.xlen(f"{{{language}}}:jobs") == 0


def pending(beside, queue):
    groups = beside.xinfo_groups(f"{{{queue}}}:jobs")
    return bool(groups) and groups[0]["pending"] > 0
