"""Usernames and secrets that the server refuses, or does not ask for."""

from __future__ import annotations

from urllib.parse import quote

from authority import authority, issue
from examination import PASSWORD, WRONG, Bench, Case, at, check, in_a_pod, table

MEMORYSTORE = authority("Google Cloud Memorystore Redis Server CA", organization="Google, Inc")
LEAF = issue("10.0.0.3", MEMORYSTORE, names=())


def secret(given: str | None, *words: str, file: str = ""):
    """A server with a password, and a client that gives this one."""

    def broken(bench: Bench) -> list[str]:
        if file:
            bench.file(file)
        place = bench.plain("--requirepass", PASSWORD)
        return [*place, *(bench.password(given) if given else []), *words]

    return broken


def by_variable(given: str):
    """The same by the environment, where nothing is cut off but blanks."""

    def broken(bench: Bench) -> list[str]:
        bench.secrets.append(given)
        place = bench.plain("--requirepass", PASSWORD)
        return [*place, *bench.environment(REDIS_PASSWORD=given)]

    return broken


def blank_in_a_url(bench: Bench) -> list[str]:
    server = bench.server("--requirepass", PASSWORD)
    given = quote(f"{PASSWORD} ", safe="")
    return bench.environment(REDIS_URL=f"redis://:{given}@127.0.0.1:{server.port}")


def user(rules: str, *words: str):
    """A user of these rules, and a client that gives the user's password."""

    def broken(bench: Bench) -> list[str]:
        server = bench.server("--requirepass", PASSWORD)
        server.ask("ACL", "SETUSER", "app", *rules.split(), f">{PASSWORD}", password=PASSWORD)
        return [*at(server), "--username", "app", *bench.password(), *words]

    return broken


def memorystore(given: str | None):
    def broken(bench: Bench) -> list[str]:
        words = bench.secure(LEAF, MEMORYSTORE, "--requirepass", PASSWORD)
        return [*words, *(bench.password(given) if given else [])]

    return broken


CASES = [
    Case(
        "none given",
        secret(None),
        "auth.required",
        "auth",
        ("Give a password", "requirepass"),
    ),
    Case(
        "none given beside a .env",
        secret(None, file=".env"),
        "auth.required",
        "auth",
        ("REDIS_PASSWORD of .env", "printenv REDIS_PASSWORD"),
    ),
    Case(
        "wrong",
        secret(WRONG),
        "auth.rejected",
        "auth",
        ("Check username and password",),
    ),
    Case(
        "wrong beside a Compose file",
        secret(WRONG, file="compose.yaml"),
        "auth.rejected",
        "auth",
        ("must reach both services",),
    ),
    Case(
        "wrong in a pod",
        in_a_pod(secret(WRONG)),
        "auth.rejected",
        "auth",
        ("compare the mounted Secret",),
    ),
    Case(
        "quotation marks kept",
        by_variable(f'"{PASSWORD}"'),
        "auth.rejected",
        "auth",
        ("quotation mark", "docker run --env-file"),
    ),
    Case(
        "percent-encoded",
        by_variable(quote(PASSWORD, safe="")),
        "auth.rejected",
        "auth",
        ("percent-encoded in URLs only",),
    ),
    Case(
        "variable not replaced",
        by_variable("${REDIS_PASSWORD}"),
        "auth.rejected",
        "auth",
        ("a variable that was not replaced",),
    ),
    Case(
        "blank in a URL",
        blank_in_a_url,
        "auth.rejected",
        "auth",
        ("begins or ends with a blank",),
    ),
    Case(
        "another line in the file",
        secret(f"{PASSWORD}\n# of the cache"),
        "auth.rejected",
        "auth",
        ("line break",),
    ),
    Case("a newline at the end of the file", secret(f"{PASSWORD}\n")),
    Case(
        "unknown user",
        secret(PASSWORD, "--username", "nobody"),
        "auth.rejected",
        "auth",
        ("ACL LIST",),
    ),
    Case(
        "disabled user",
        user("off ~* +@all"),
        "auth.rejected",
        "auth",
        ("ACL LIST", "`on`"),
    ),
    Case("user without PING", user("on ~* +@all -ping")),
    Case("user without INFO", user("on ~* +@all -info")),
    Case("user who may only read", user("on ~* +@read")),
    Case(
        "user without DEL as a replica would do",
        user("on ~* +@all -del", "--read-only"),
    ),
    Case(
        "none wanted",
        lambda bench: [*bench.plain(), *bench.password()],
        warnings=("lets everybody in without a password",),
    ),
    Case(
        "none wanted and require_server_auth",
        lambda bench: [*bench.plain(), *bench.password(), "--require-server-auth"],
        "auth.unexpected",
        "auth",
        ("it accepts everybody",),
    ),
    Case(
        "none wanted and require_server_auth beside a .env",
        lambda bench: [
            *bench.plain(),
            *bench.password(),
            *("--require-server-auth", bench.file(".env"))[:1],
        ],
        "auth.unexpected",
        "auth",
        ("--force-recreate",),
    ),
    Case(
        "wrong at Memorystore",
        memorystore(WRONG),
        "auth.rejected",
        "auth",
        ("gcloud redis instances get-auth-string", "redis.clusters.connect"),
        says={"service": "memorystore"},
    ),
    Case(
        "none given at Memorystore",
        memorystore(None),
        "auth.required",
        "auth",
        ("gcloud redis instances get-auth-string",),
        says={"service": "memorystore"},
    ),
]


@table(*CASES)
def test_auth(bench: Bench, case: Case) -> None:
    check(bench, case)
