"""No file of the repository is one that was built: each clone would carry it for ever."""

import subprocess
import sys
from pathlib import Path

MOST_BYTES = 256 * 1024
PROGRAMS = (b"\x7fELF", b"!<arch>", b"MZ", b"\xcf\xfa\xed\xfe", b"\x00asm")


def is_built(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        return file.read(8).startswith(PROGRAMS) or path.stat().st_size > MOST_BYTES


root = Path(__file__).parent.parent
listed = subprocess.run(
    ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
)
found = [name for name in listed.stdout.split("\0") if name and is_built(root / name)]
for name in found:
    print(f"{name} was built, or is too large for the repository", file=sys.stderr)
sys.exit(bool(found))
