"""The book's Go examples: all are vetted, and the whole programs among them run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from book import ROOT, Block, book
from generate import CLI
from lab import Lab

MODULE = Path(__file__).parent / "go"

#: What examples that are no whole program may use without importing it.
KNOWN = {
    "context": '"context"',
    "errors": '"errors"',
    "fmt": '"fmt"',
    "log": '"log"',
    "os": '"os"',
    "slog": '"log/slog"',
    "time": '"time"',
    "redlatch": 'redlatch "github.com/redlatch/redlatch/go"',
}
IMPORTS = re.compile(r"\Aimport (?:\((?P<list>.*?)^\)|(?P<one>[^\n]+))\n", re.MULTILINE | re.DOTALL)
#: Stand in for the reader's: a context, a client, and a vault.
GIVEN = {
    "ctx": "ctx := context.Background()",
    "rdb": "rdb, _ := redlatch.FromEnv()",
}


def test_go(lab: Lab, tmp_path: Path):
    module = tmp_path / "module"
    shutil.copytree(MODULE, module, ignore=shutil.ignore_patterns("*.go"))
    mod = module / "go.mod"
    mod.write_text(mod.read_text().replace("../../../go", str(ROOT / "go")))
    blocks = [block for page in book() for block in page.blocks("go") if not block.reason]
    programs: list[Path] = []
    for block in blocks:
        # Complaints name the page and the line.
        name = block.name.replace("/", "_").replace(":", "_line_")
        file = module / name / "main.go"
        file.parent.mkdir()
        file.write_text(whole(block, lab.hosting(block.code)))
        if is_program(block):
            programs.append(file.parent)
    assert len(blocks) > 5
    go(module, lab, "vet", "./...")
    assert programs
    for folder in programs:
        go(module, lab, "run", f"./{folder.name}")


def is_program(block: Block) -> bool:
    return "package main\n" in block.code


def whole(block: Block, code: str) -> str:
    """A file that compiles if the example does."""
    if is_program(block):
        return code
    imports = IMPORTS.match(code)
    body = code[imports.end() :] if imports else code
    own = ((imports["list"] or imports["one"]) if imports else "").strip().splitlines()
    given = [line for name, line in GIVEN.items() if uses(body, name) and not makes(body, name)]
    everything = "\n".join([*given, body])
    more = [path for name, path in KNOWN.items() if uses(everything, name) and path not in own]
    listed = "\n".join(dict.fromkeys([*(line.strip() for line in own), *more]))
    before = "\n".join(["package main", "import (", listed, ")", "func main() {", *given])
    return f"{before}\n{body}\n}}\n"


def uses(body: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){name}\b", body) is not None


def makes(body: str, name: str) -> bool:
    return re.search(rf"^(?:\w+, )*{name}(?:, \w+)* :=", body, re.MULTILINE) is not None


def go(module: Path, lab: Lab, *words: str) -> None:
    environment = lab.environment()
    environment["PATH"] = os.pathsep.join([str(Path(CLI).parent), environment["PATH"]])
    done = subprocess.run(
        ["go", *words],
        cwd=module,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
