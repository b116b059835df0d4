"""How much memory processes hold over time."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path
from typing import NamedTuple

MIB = 1 << 20
#: Seconds between two samples.
INTERVAL = 2.0


class Growth(NamedTuple):
    """Memory of one process after the warm-up: in MiB, MiB per minute, and minutes."""

    early: float
    late: float
    slope: float
    minutes: float


class Memory(threading.Thread):
    """Samples the resident memory of processes until it is stopped."""

    def __init__(self, processes: dict[str, int]) -> None:
        super().__init__(daemon=True)
        self.samples: dict[str, list[tuple[float, float]]] = {name: [] for name in processes}
        self._processes = processes
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            for name, pid in self._processes.items():
                if resident := resident_mib(pid):
                    self.samples[name].append((time.monotonic(), resident))
            self._over.wait(INTERVAL)

    def stop(self) -> None:
        """Takes no more samples."""
        self._over.set()
        self.join()

    def since_warm_up(self, name: str) -> Growth | None:
        """What changed after the first fifth of the run."""
        samples = self.samples[name]
        if not samples:
            return None
        first, last = samples[0][0], samples[-1][0]
        warm = [sample for sample in samples if sample[0] >= first + (last - first) / 5]
        return Growth(warm[0][1], warm[-1][1], slope(warm) * 60, (last - warm[0][0]) / 60)


def resident_mib(pid: int) -> float:
    """Resident memory of a process in MiB; 0 if it has ended."""
    try:
        # Linux counts in kB here.
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / MIB
    except OSError:
        pass
    if Path("/proc/self").exists():
        return 0
    asked = ["ps", "-o", "rss=", "-p", str(pid)]
    found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return int(found or 0) * 1024 / MIB


def slope(samples: list[tuple[float, float]]) -> float:
    """Of the straight line through the samples with the least squares."""
    count = len(samples)
    middle = sum(at for at, _ in samples) / count
    average = sum(value for _, value in samples) / count
    spread = sum((at - middle) ** 2 for at, _ in samples)
    if not spread:
        return 0
    return sum((at - middle) * (value - average) for at, value in samples) / spread
