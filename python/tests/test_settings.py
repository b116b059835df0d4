"""Settings of the core, and redis-py's names for them, do what they say."""

from __future__ import annotations

import shutil
import ssl
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import redis

import redlatch
from redlatch import errors
from redlatch._arguments import Arguments
from redlatch._peer_arguments import ALL, REFUSED
from redlatch._settings import _PROVIDERS, CORE, OURS, Settings


def core(**given: object) -> dict[str, object]:
    """What the core is told."""
    return Settings(redis.Redis.__init__, (), given).core


def test_every_setting_is_an_argument_with_a_type():
    expected = CORE | _PROVIDERS.keys() | OURS | ALL - REFUSED.keys()
    assert set(Arguments.__annotations__) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ssl_password": "x"}, {"key_password": "x"}),
        ({"ssl_ca_path": Path("/cas")}, {"ca_file": "/cas"}),
        ({"ssl_ca_path": "/cas", "ssl_ca_certs": "/ca"}, {"ca_files": ["/ca", "/cas"]}),
        ({"ssl_min_version": ssl.TLSVersion.TLSv1_3}, {"tls_min_version": "1.3"}),
        ({"ssl_min_version": ssl.TLSVersion.MINIMUM_SUPPORTED}, {"tls_min_version": "1.2"}),
        ({"tls_min_version": ssl.TLSVersion.TLSv1_2}, {"tls_min_version": "1.2"}),
        ({"poll_interval": timedelta(minutes=1)}, {"poll_interval": 60.0}),
        ({"ca_files": [Path("/a"), "/b"]}, {"ca_files": ["/a", "/b"]}),
        ({"credentials_provider": str}, {"provide_credentials": True}),
        ({"trust_provider": str}, {"provide_trust": True}),
        ({"identity_provider": str}, {"provide_identity": True}),
        ({"pin_sha256": "a", "recycle": None}, {"pin_sha256": "a"}),
    ],
)
def test_arguments_become_settings(given, expected):
    assert core(**given) == expected


def test_a_folder_or_several_files_of_cas(options, connect, tmp_path):
    file = options.pop("ssl_ca_certs")
    folder = tmp_path / "cas"
    folder.mkdir()
    shutil.copy(file, folder / "ca.crt")
    for trust in ({"ssl_ca_path": folder}, {"ca_files": [file, folder / "ca.crt"]}):
        connect(**options, **trust).do("ping")


def test_pins(options, connect):
    wrong = "00" * 32
    with pytest.raises(errors.TlsPinMismatch) as caught:
        connect(**options, pin_sha256=wrong).do("ping")
    pin = caught.value.evidence["presented_pins"].split()[0]
    for pins in ([wrong, pin], f"{wrong},{pin}"):
        connect(**options, pin_sha256=pins).do("ping")


def test_tls_versions_key_logs_and_what_is_replaced(options, connect, tmp_path):
    log = tmp_path / "keys.log"
    caller = connect(
        **options,
        ssl_min_version=ssl.TLSVersion.TLSv1_3,
        danger_keylog_file=log,
        recycle="always",
        require_server_auth=True,
    )
    caller.do("ping")
    status = caller.do("status")
    assert status["verification"]["min_version"] == "TLSv1.3"
    assert status["verification"]["keylog"] is True
    assert (status["recycle"], status["require_server_auth"]) == ("always", True)
    assert "CLIENT_TRAFFIC_SECRET_0" in log.read_text()
    assert [event["setting"] for event in caller.events("danger")] == ["danger_keylog_file"]


def test_a_command_prints_the_password(lab, bare, connect):
    words = [sys.executable, "-c", "import sys; print(sys.argv[1])", lab.facts()["password"]]
    connect(**bare, password_command=words, command_timeout=9).do("ping")


def test_a_key_with_a_password(options, connect, key_pair, tmp_path):
    opener = tmp_path / "opener"
    opener.write_text(key_pair[2] + "\n")
    files = {"cert_file": tmp_path / "cert.pem", "key_file": tmp_path / "key.pem"}
    for password in ({"key_password": key_pair[2]}, {"key_password_file": opener}):
        connect(**options, **files, **password).do("ping")
    with pytest.raises(errors.IdentityMalformed):
        connect(**options, **files, ssl_password="wrong").do("ping")


def test_a_server_that_lets_everybody_in_is_refused(lab, options, connect):
    with redlatch.Redis(**options) as admin:
        admin.acl_setuser("default", enabled=True, nopass=True, reset_passwords=False)
    with pytest.raises(errors.AuthUnexpected):
        connect(**options, require_server_auth=True).do("ping")


def test_revocation_lists_are_read(options, connect, tmp_path):
    path = tmp_path / "list.crl"
    path.write_text("no list")
    with pytest.raises(errors.TrustError):
        connect(**options, crl_file=path).do("ping")
