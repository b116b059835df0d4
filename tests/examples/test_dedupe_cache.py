"""The cache: each content is worked on once, whatever is replaced meanwhile."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from pathlib import Path

from program import LIMIT


def test_each_content_is_worked_on_once(run, rotate, restart, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    programs = [run("python", "dedupe_cache") for _ in range(3)]
    enough = threading.Event()
    contents: dict[str, str] = {}

    def feed():
        for at in range(10**9):
            # Two names for each content, each told to all programs.
            file = folder / str(at)
            file.write_text(f"{at // 2}" * 10)
            contents[str(file)] = hashlib.sha256(file.read_bytes()).hexdigest()
            for program in programs:
                program.tell(str(file))
            programs[0].until(lambda lines, at=at: len(lines) > at - 20, "")
            if enough.is_set():
                return

    feeder = threading.Thread(target=feed)
    feeder.start()
    for change in (rotate, restart):
        for program in programs:
            program.says("known", len(program.lines("known")) + 1)
        change()
    programs[0].says("made", len(programs[0].lines("made")) + 1)
    enough.set()
    feeder.join(LIMIT)

    made: Counter[str] = Counter()
    for program in programs:
        lines = [line.split("\t") for line in program.ends() if not line.startswith("again")]
        assert {name for _, name, _ in lines} == contents.keys()
        for how, name, result in lines:
            made[contents[name]] += how == "made"
            assert result == f"{Path(name).stat().st_size} bytes"
    assert made == Counter(set(contents.values()))


def test_a_result_is_forgotten_and_a_claim_ends(run, beside, tmp_path):
    file = tmp_path / "file"
    file.write_text("content")
    key = f"dedupe:{hashlib.sha256(b'content').hexdigest()}"
    beside.set(key, "claim:of one that died", ex=1)
    with run("python", "dedupe_cache", "--keep", 100, file) as program:
        assert program.ends() == [f"made\t{file}\t7 bytes"]
    assert 90 < beside.ttl(key) <= 100


def test_a_failure_leaves_no_claim(run, beside, tmp_path):
    with run("python", "dedupe_cache", tmp_path / "missing") as program:
        assert "FileNotFoundError" in "\n".join(program.ends(code=1))
    assert beside.dbsize() == 0
