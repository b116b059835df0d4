"""As much of kubectl as the documents use, on a folder: a cluster of one node.

``apply`` publishes each Secret the way the kubelet does: ``$VOLUMES/NAME/..data`` is swapped by one
rename. ``$FORBIDDEN`` names verbs that must not be used.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import tempfile
from pathlib import Path


def create(words: list[str]) -> None:
    assert words[:2] == ["secret", "generic"], words
    assert "--dry-run=client" in words and words[-2:] == ["-o", "yaml"], words
    data = {}
    for word in words:
        if word.startswith("--from-file="):
            key, _, path = word.removeprefix("--from-file=").partition("=")
            data[key] = base64.b64encode(Path(path).read_bytes()).decode()
    # JSON is YAML.
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": words[2]}, "data": data}
    print(json.dumps(secret))


def apply(words: list[str]) -> None:
    assert words == ["-f", "-"], words
    document = json.load(sys.stdin)
    volume = Path(os.environ["VOLUMES"], document["metadata"]["name"])
    volume.mkdir(exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="..2026_", dir=volume))
    for key, value in document["data"].items():
        (new / key).write_bytes(base64.b64decode(value))
        (new / key).chmod(0o440)
        if not (volume / key).is_symlink():
            (volume / key).symlink_to(Path("..data", key))
    swap = volume / "..data_tmp"
    swap.symlink_to(new.name)
    swap.replace(volume / "..data")
    print(f"secret/{document['metadata']['name']} configured")


if __name__ == "__main__":
    {"create": create, "apply": apply}[sys.argv[1]](sys.argv[2:])
