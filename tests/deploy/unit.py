"""Units of systemd, as far as a service's environment and confinement go."""

from __future__ import annotations

from pathlib import Path

#: What may stand in a section. The test fails on others, where systemd itself would only warn.
KNOWN = {
    "Unit": "Description Documentation Wants After",
    "Service": """
        Type ExecStart Restart RestartSec DynamicUser SupplementaryGroups LoadCredential Environment
        UMask NoNewPrivileges CapabilityBoundingSet ProtectSystem ProtectHome PrivateTmp
        PrivateDevices PrivateUsers ProtectProc ProcSubset ProtectClock ProtectControlGroups
        ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables
        LockPersonality MemoryDenyWriteExecute RemoveIPC RestrictAddressFamilies RestrictNamespaces
        RestrictRealtime RestrictSUIDSGID SystemCallArchitectures SystemCallFilter
        SystemCallErrorNumber
    """,
    "Install": "WantedBy",
}


def read(*files: Path) -> dict[str, dict[str, list[str]]]:
    """Sections, directives and their values: of a unit, and of what is dropped in after it."""
    sections: dict[str, dict[str, list[str]]] = {}
    for file in files:
        section = ""
        for number, line in enumerate(file.read_text().splitlines(), 1):
            place = f"{file.name}:{number}: {line}"
            if not line or line.startswith(("#", ";")):
                continue
            if line.startswith("["):
                section = line.strip("[]")
                assert section in KNOWN, place
                continue
            name, equals, value = line.partition("=")
            assert equals and name in KNOWN[section].split(), place
            values = sections.setdefault(section, {}).setdefault(name, [])
            # An empty one takes back those before it.
            if value:
                values.append(value)
            else:
                values.clear()
    return sections


def environment(service: dict[str, list[str]], credentials: str) -> dict[str, str]:
    """Its variables; `%d` is the folder of credentials."""
    words = [word.partition("=") for word in service["Environment"]]
    return {name: value.replace("%d", credentials) for name, _, value in words}
