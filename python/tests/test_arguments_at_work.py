"""What arguments of redis-py do to a connection that is made."""

from __future__ import annotations

import base64
import re
import ssl
from pathlib import Path

import pytest
import redis

import redlatch
from redlatch import errors

MAJOR = int(redis.__version__.split(".")[0])


def ca_forms(file: str) -> list[str | bytes]:
    pem = Path(file).read_text()
    body = re.findall(r"BEGIN CERTIFICATE-----(.*?)-----END", pem, re.DOTALL)[-1]
    return [pem, pem.encode(), base64.b64decode(body)]


def test_cas_as_text_as_pem_and_as_der(options, connect):
    for data in ca_forms(options.pop("ssl_ca_certs")):
        caller = connect(**options, ssl_ca_data=data)
        assert caller.do("ping") is True


def test_names_are_checked_unless_told_otherwise(options, connect):
    options["expected_name"] = "elsewhere.example"
    with pytest.raises(errors.TlsNameMismatch):
        connect(**options).do("ping")
    connect(**options, ssl_check_hostname=False).do("ping")


def test_who_is_nobody_s_certificate_is_refused_unless_told_otherwise(options, connect):
    del options["ssl_ca_certs"]
    for required in ("required", "optional", ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL):
        with pytest.raises(errors.TlsUntrusted):
            connect(**options, ssl_cert_reqs=required).do("ping")
    for required in ("none", ssl.CERT_NONE, None):
        caller = connect(**options, ssl_cert_reqs=required)
        caller.do("ping")
        assert [event["setting"] for event in caller.events("danger")] == [
            "danger_accept_any_certificate"
        ]


def test_flags_that_are_so_anyway(options, connect):
    flags = {"ssl_exclude_verify_flags": [ssl.VERIFY_X509_STRICT]}
    connect(**options, **flags, ssl_include_verify_flags=[ssl.VERIFY_X509_TRUSTED_FIRST]).do("ping")


def test_one_file_for_certificate_and_key(options, connect, key_pair, tmp_path):
    chain, key, password = key_pair
    both = tmp_path / "both.pem"
    both.write_bytes(chain + key)
    for given in (password, password.encode()):
        connect(**options, ssl_certfile=both, ssl_password=given).do("ping")


def test_a_url_with_redis_py_s_names(options, connect):
    place = f"{options['host']}:{options['port']}"
    password = Path(str(options["password_file"])).read_text().strip()
    url = f"rediss://:{password}@{place}/0?ssl_ca_certs={options['ssl_ca_certs']}&client_name=me"
    caller = connect(url=url)
    assert caller.do("client_getname") in (b"me", "me")


def test_who_the_library_says_it_is(options, connect):
    def shown(**arguments: object) -> tuple[str, str]:
        config = connect(**options, **arguments).client.config
        return config["lib_name"], config["lib_version"]

    if MAJOR >= 7:
        from redis import DriverInfo

        info = DriverInfo().add_upstream_driver("celery", "5.4")
        assert shown(driver_info=info) == ("redlatch(celery_v5.4)", redlatch.__version__)
        assert shown(driver_info=DriverInfo("mine", "1.2")) == ("mine", "1.2")
    assert shown(lib_name="mine", lib_version="1.2") == ("mine", "1.2")
    assert shown(lib_name=None, lib_version=None) == ("redlatch", redlatch.__version__)


@pytest.mark.parametrize(
    ("errors_", "encoding", "stored", "expected"),
    [
        ("ignore", "utf-8", b"foo\xff", "foo"),
        ("replace", "utf-8", b"foo\xff", "foo\ufffd"),
        ("surrogateescape", "utf-8", b"foo\xff", "foo\udcff"),
        ("strict", "latin-1", b"foo\xff", "foo\xff"),
        ("strict", "utf-16-le", "grün".encode("utf-16-le"), "grün"),
    ],
)
def test_any_codec_of_python(options, connect, errors_, encoding, stored, expected):
    codec = {"encoding": encoding, "encoding_errors": errors_}
    caller = connect(**options, **codec, decode_responses=True)
    caller.do("set", b"key", stored)
    assert caller.do("execute_command", "GET", b"key") == expected
    if errors_ not in ("ignore", "replace"):
        caller.do("set", b"key", expected)
        assert connect(**options).do("get", b"key") == stored


def test_text_that_is_no_utf_8_is_an_error_unless_told_otherwise(options, connect):
    with pytest.raises(UnicodeEncodeError):
        connect(**options).do("set", "key", "\udcff")


def test_only_what_has_one_text_is_an_argument(options, connect):
    class Text:
        def __str__(self) -> str:
            return "text"

    caller = connect(**options)
    for value in (True, None, Text(), ["list"], object()):
        with pytest.raises(redis.DataError):
            caller.do("set", "key", value)
    for value in (1, 1.5, b"1", "1", bytearray(b"1"), memoryview(b"1"), 1 << 70):
        assert caller.do("set", "key", value) is True


def test_a_socket_of_the_file_system(lab, connect):
    password = lab.facts()["password"]
    assert connect(unix_socket_path=lab.socket(), password=password).do("ping") is True
    assert connect(url=f"unix://{lab.socket()}", password=password).do("ping") is True


def test_credentials_by_redis_py_s_provider_and_a_name(options, connect):
    secret = Path(str(options.pop("password_file"))).read_text().strip()
    provider = redis.UsernamePasswordCredentialProvider(password=secret)
    connect(**options, credential_provider=provider, username="default").do("ping")


def test_no_reply_in_time(options, connect):
    with redlatch.Redis(**options) as admin:
        caller = connect(**options, socket_timeout=0.3, socket_connect_timeout=None)
        caller.do("ping")
        admin.client_pause(2000)
        with pytest.raises(redis.TimeoutError):
            caller.do("set", "key", "value")
