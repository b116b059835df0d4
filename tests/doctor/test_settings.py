"""Settings that are wrong before anything is connected."""

from __future__ import annotations

from urllib.parse import quote

from examination import PASSWORD, WRONG, Bench, Case, check, table


def url(template: str):
    """A URL of the environment."""
    return lambda bench: bench.environment(REDIS_URL=template.replace("SECRET", PASSWORD))


def misspelt(bench: Bench) -> list[str]:
    server = bench.server("--requirepass", PASSWORD)
    return bench.environment(REDIS_PORT=str(server.port), REDIS_PASS=PASSWORD)


def lower_case(bench: Bench) -> list[str]:
    server = bench.server("--requirepass", PASSWORD)
    return bench.environment(REDIS_PORT=str(server.port), redis_password=PASSWORD)


def blanks(bench: Bench) -> list[str]:
    server = bench.server("--requirepass", PASSWORD)
    return bench.environment(REDIS_PORT=f" {server.port} ", REDIS_PASSWORD=f"{PASSWORD} \n")


def encoded(bench: Bench) -> list[str]:
    server = bench.server("--requirepass", PASSWORD)
    return bench.environment(
        REDIS_URL=f"redis://:{quote(PASSWORD, safe='')}@localhost:{server.port}"
    )


def at_sign(bench: Bench) -> list[str]:
    """The last one ends the password, whatever stands before."""
    secret = f"{WRONG.replace('/', '@')}"
    bench.secrets.append(secret)
    server = bench.server("--requirepass", secret)
    return bench.environment(REDIS_URL=f"redis://:{secret}@127.0.0.1:{server.port}")


def injected_port(bench: Bench) -> list[str]:
    return bench.environment(REDIS_HOST="127.0.0.1", REDIS_PORT="tcp://10.0.0.1:6379")


CASES = [
    Case(
        "slash in the password of a URL",
        url("redis://:SECRET@localhost:1"),
        "config.invalid",
        "config",
        ("percent-encode", "%2F", "REDIS_PASSWORD"),
    ),
    Case(
        "question mark in the password of a URL",
        lambda bench: bench.environment(REDIS_URL="redis://:sesame?one@localhost:1"),
        "config.invalid",
        "config",
        ("percent-encode", "REDIS_PASSWORD"),
    ),
    Case(
        "hash in the password of a URL",
        lambda bench: bench.environment(REDIS_URL="redis://:sesame#one@localhost:1"),
        "config.invalid",
        "config",
        ("percent-encode", "REDIS_PASSWORD"),
    ),
    Case("at sign in the password of a URL", at_sign),
    Case("password of a URL, encoded", encoded),
    Case(
        "unknown scheme",
        url("http://localhost:1"),
        "config.invalid",
        "config",
        ("redis://", "rediss://"),
    ),
    Case("no scheme", url("localhost:1"), "config.invalid", "config", ("redis://",)),
    Case(
        "port that is no number",
        lambda bench: bench.environment(REDIS_PORT="six"),
        "config.invalid",
        "config",
        ("Correct REDIS_PORT, which must be a whole number",),
    ),
    Case(
        "port of a URL out of range",
        url("redis://localhost:70000"),
        "config.invalid",
        "config",
        ("Correct REDIS_URL, which has a port that is no number",),
    ),
    Case(
        "password to another machine without TLS",
        lambda bench: bench.environment(REDIS_HOST="10.0.0.3", REDIS_PASSWORD=PASSWORD),
        "config.insecure",
        "config",
        ("Turn TLS on", "rediss://", "REDIS_SSL_ENABLED=true"),
    ),
    Case(
        "CA although TLS is off",
        lambda bench: bench.environment(REDIS_SSL_ENABLED="false", REDIS_CA_CERT="ca.pem"),
        "config.conflict",
        "config",
        ("REDIS_SSL_ENABLED and REDIS_CA_CERT contradict each other",),
    ),
    Case(
        "TLS in one variable, not in the other",
        lambda bench: bench.environment(REDIS_URL="redis://localhost", REDIS_SSL_ENABLED="1"),
        "config.conflict",
        "config",
        ("REDIS_SSL_ENABLED and REDIS_URL (tls) contradict each other",),
    ),
    Case(
        "REDIS_PASS",
        misspelt,
        "auth.required",
        "auth",
        ("REDIS_PASS is not read; did you mean REDIS_PASSWORD?",),
    ),
    Case(
        "redis_password",
        lower_case,
        "auth.required",
        "auth",
        ("redis_password is not read; did you mean REDIS_PASSWORD?",),
    ),
    Case("blanks around values", blanks, warnings=("around the value of REDIS_PASSWORD",)),
    Case(
        "REDIS_URL and REDIS_PORT differ",
        lambda bench: bench.environment(REDIS_URL="redis://localhost:1", REDIS_PORT="2"),
        "config.conflict",
        "config",
        ("REDIS_PORT and REDIS_URL (port) contradict each other",),
    ),
    Case(
        "password and its file",
        lambda bench: bench.environment(REDIS_PASSWORD=PASSWORD, REDIS_PASSWORD_FILE="secret"),
        "config.conflict",
        "config",
        ("REDIS_PASSWORD_FILE and REDIS_PASSWORD contradict each other",),
    ),
    Case(
        "user without a password",
        lambda bench: bench.environment(REDIS_USERNAME="app"),
        "config.missing",
        "config",
        ("Give password, or remove REDIS_USERNAME",),
    ),
    Case(
        "TLS over a Unix socket",
        lambda bench: ["--path", "redis.sock", "--tls"],
        "config.missing",
        "config",
        ("Give expected_name",),
    ),
    Case(
        "misspelt setting in a URL",
        url("rediss://localhost?ca_fil=ca.pem"),
        "config.unknown",
        "config",
        ("Did you mean ca_file?",),
    ),
    Case(
        "verify=ca with public CAs",
        lambda bench: ["--tls", "--verify", "ca"],
        "config.insecure",
        "config",
        ("ca_file",),
    ),
]


@table(*CASES)
def test_settings(bench: Bench, case: Case) -> None:
    check(bench, case)


def test_port_that_kubernetes_injects(bench: Bench) -> None:
    """The default port is used in its place, whoever listens there."""
    report = bench.examine(*injected_port(bench))
    assert report["address"] == "127.0.0.1:6379"
    assert any("Kubernetes injects" in warning for warning in report["warnings"])


def test_variable_of_a_file_that_is_no_variable_of_the_process(bench: Bench) -> None:
    """A file of variables is where a mistake may lie, which the remedy says."""
    bench.file(".env", "REDIS_PORT=six")
    report = bench.examine(*bench.environment(REDIS_PORT="six"))
    assert report["code"] == "config.invalid"
    assert ".env" in report["remedy"]
