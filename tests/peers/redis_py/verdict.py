"""What became of each test, held against the list of those that differ."""

from __future__ import annotations

import fnmatch
import json
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

LIST = Path(__file__).with_name("differs.toml")
COLUMNS = ("passed", "differs", "fails", "skipped")


@dataclass
class Group:
    """Tests that do not pass for one reason."""

    kind: str
    reason: str
    #: Names as pytest prints them, without `tests/`; `*` stands for anything.
    tests: list[str] = field(default_factory=list)
    #: Text of the failure, in place of names: for what is missing altogether.
    error: str = ""
    #: Where the group holds: majors of redis-py, modes. Everywhere, if not said.
    redis: list[int] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    #: False for tests that would hang. Their names hold no `*`.
    run: bool = True

    def holds(self, major: int, mode: str) -> bool:
        """Whether it is about this run."""
        return major in (self.redis or [major]) and mode in (self.modes or [mode])

    def explains(self, test: str, text: str) -> bool:
        """Whether this failure is one of its own."""
        return self.lists(test) or (bool(self.error) and self.error in text)

    def lists(self, test: str) -> bool:
        """Whether the test is expected to fail."""
        return any(_matches(test, pattern) for pattern in self.tests)


@dataclass
class Verdict:
    """One run's."""

    #: By file, then column.
    table: dict[str, Counter[str]]
    problems: list[str]
    #: Patterns and texts of the list that met a failure.
    used: set[str]


def groups() -> list[Group]:
    """The list."""
    found = [Group(**row) for row in tomllib.loads(LIST.read_text())["group"]]
    assert all(group.kind in ("differs", "fails") for group in found)
    return found


def left_out(major: int, mode: str) -> list[str]:
    """Tests that are not run."""
    relevant = [group for group in groups() if group.holds(major, mode) and not group.run]
    return [test for group in relevant for test in group.tests]


def judge(outcomes: Path, major: int, mode: str, output: str) -> Verdict:
    """Compares one run with the list."""
    lines = [json.loads(line) for line in outcomes.read_text().splitlines()]
    table: dict[str, Counter[str]] = {}
    problems: list[str] = []
    used: set[str] = set()
    if not lines or "finished" not in lines[-1]:
        problems.append(f"pytest did not come to its end\n{output}")
    relevant = [group for group in groups() if group.holds(major, mode) and group.run]
    for test, (outcome, text) in _by_test(lines).items():
        column = outcome
        listed = next((group for group in relevant if group.lists(test)), None)
        if outcome == "failed":
            group = next((group for group in relevant if group.explains(test, text)), None)
            column = group.kind if group else "fails"
            if group is None:
                problems.append(f"{test} fails\n{text}")
            else:
                used |= {it for it in group.tests if _matches(test, it)} | {group.error}
        elif outcome == "passed" and listed:
            problems.append(f"{test} passes, but is listed: {listed.reason}")
        table.setdefault(test.split("::")[0], Counter())[column] += 1
    return Verdict(table, problems, used)


def stale(runs: list[tuple[int, str, set[str]]]) -> list[str]:
    """What the list holds in vain, if all runs it could be about were made."""
    found = []
    for group in filter(lambda group: group.run, groups()):
        about = [used for major, mode, used in runs if group.holds(major, mode)]
        entries = group.tests or [group.error]
        found += [it for it in entries if about and not any(it in used for used in about)]
    return found


def shown(table: dict[str, Counter[str]]) -> str:
    """A line for each file, and a total."""
    width = max(map(len, table), default=0)
    rows = [f"{'':{width}}  " + "  ".join(f"{column:>7}" for column in COLUMNS)]
    total = sum(table.values(), Counter[str]())
    for name, counts in [*sorted(table.items()), ("", total)]:
        numbers = "  ".join(f"{counts[column]:>7}" for column in COLUMNS)
        rows.append(f"{name:{width}}  {numbers}")
    return "\n".join(rows)


def _by_test(lines: list[dict[str, str]]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for line in lines:
        if "test" not in line:
            continue
        test = line["test"].removeprefix("tests/")
        # A test that passed may fail while it is torn down.
        if found.get(test, ("",))[0] != "failed":
            found[test] = (line["outcome"], line["text"])
    return found


def _matches(test: str, pattern: str) -> bool:
    # Without parameters it means all of them. Their brackets would be a set of characters.
    name = test if "[" in pattern else test.partition("[")[0]
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))
