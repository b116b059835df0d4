"""As much of docker as the script uses: runs in place what it would run in a container."""

from __future__ import annotations

import json
import os
import sys

from mounts import translate

compose, execute, bare, service, *command = sys.argv[1:]
assert (compose, execute, bare) == ("compose", "exec", "-T"), sys.argv
with open(os.environ["SERVICES"]) as file:
    volumes = json.load(file)[service]["volumes"]
mounts = {volume["target"]: volume["source"] for volume in volumes}
# The server runs here, too, and is told the paths it knows.
command = [translate(word, mounts) for word in command]
os.execvp(command[0], command)
