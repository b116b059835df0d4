"""The book's examples run as they stand, with a lab's server in place of the reader's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from book import ROOT, Block, Page, book
from generate import CLI
from lab import Lab

HERE = Path(__file__).parent
#: Within the package, so that examples find it by its name.
NODE = ROOT / "node" / "dist" / ".book"
#: Languages that a program of theirs runs or compiles, and what only has to be well-formed.
RUN = {"python", "js", "ts", "sh", "go", "rust", "c"}
FORMS = {"yaml", "json", "text", "ini", "toml", "xml"}
#: What the long suites run, but Swift, which is compiled where there is a compiler.
ELSEWHERE = {"kotlin", "ruby", "swift"}
#: Blocks that need what no test has: a registry, a cloud, a cluster.
NOT_RUN = 20


KNOWN = RUN | FORMS | ELSEWHERE


def with_blocks(*languages: str) -> list[Page]:
    return [page for page in book() if any(not b.reason for b in page.blocks(*languages))]


def of_pages(*languages: str) -> pytest.MarkDecorator:
    pages = with_blocks(*languages)
    assert pages
    return pytest.mark.parametrize("page", pages, ids=[page.name for page in pages])


def run(command: list[str], lab: Lab, cwd: Path) -> None:
    environment = lab.environment()
    environment["PATH"] = os.pathsep.join([str(Path(CLI).parent), environment["PATH"]])
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout, done.stdout


@of_pages("python")
def test_python(page: Page, lab: Lab, tmp_path: Path):
    examples = [
        [block.name, block.line, lab.hosting(block.code)]
        for block in page.blocks("python")
        if not block.reason
    ]
    written = tmp_path / "examples.json"
    written.write_text(json.dumps(examples))
    run([sys.executable, str(HERE / "play.py"), str(written)], lab, tmp_path)


@of_pages("js")
def test_javascript(page: Page, lab: Lab):
    NODE.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy(HERE / "prelude.mjs", NODE)
        for block in page.blocks("js"):
            if block.reason:
                continue
            file = NODE / f"{page.path.stem}-{block.line}.mjs"
            # What examples leave open ends with the process, once all that they began is done.
            end = "\nawait 0;\nprocess.exit(0);\n"
            file.write_text(f'import "./prelude.mjs";\n{lab.hosting(block.code)}{end}')
            run(["node", str(file)], lab, NODE)
    finally:
        shutil.rmtree(NODE)


def test_typescript():
    blocks = [block for page in book() for block in page.blocks("ts") if not block.reason]
    folder = NODE.with_name(".book-types")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        files = [folder / f"example-{number}.mts" for number in range(len(blocks))]
        for file, block in zip(files, blocks, strict=True):
            file.write_text(block.code)
        words = "--ignoreConfig --noEmit --strict --skipLibCheck"
        words += " --module nodenext --target es2022 --types node"
        tsc = ROOT / "node" / "node_modules" / ".bin" / "tsc"
        done = subprocess.run(
            [str(tsc), *words.split(), *map(str, files)],
            cwd=ROOT / "node",
            capture_output=True,
            text=True,
            check=False,
        )
        assert blocks
        assert done.returncode == 0, done.stdout
    finally:
        shutil.rmtree(folder)


@of_pages("sh")
def test_shell(page: Page, lab: Lab, tmp_path: Path):
    # The files that examples name, as they would be where the reader stands.
    here = tmp_path / "here"
    here.mkdir()
    shutil.copy(lab.facts()["ca_file"], here / "ca.pem")
    shutil.copy(lab.facts()["ca_file"], here / "next.pem")
    for block in page.blocks("sh"):
        if not block.reason:
            run(["sh", "-euc", lab.hosting(block.code)], lab, here)


def test_blocks_say_what_they_are():
    unknown = [b.name for page in book() for b in page.blocks() if b.language not in KNOWN]
    assert unknown == []


def test_data_is_well_formed():
    read = {"yaml": lambda text: list(yaml.safe_load_all(text)), "json": json.loads}
    for page in book():
        for block in page.blocks(*read):
            try:
                assert read[block.language](block.code), block.name
            except ValueError as error:
                raise AssertionError(f"{block.name}: {error}") from error
            except yaml.YAMLError as error:
                raise AssertionError(f"{block.name}: {error}") from error


def test_what_is_not_run_has_a_reason():
    left_out: list[Block] = [b for page in book() for b in page.blocks(*RUN) if b.reason]
    assert all(len((block.reason or "").split()) >= 3 for block in left_out)
    # A new one is to be noticed.
    assert len(left_out) == NOT_RUN, [block.name for block in left_out]
