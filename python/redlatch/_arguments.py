"""Keyword arguments of both clients, for editors and type checkers.

Names and defaults of the core's settings are in its table; the rest is redis-py's.
"""

from __future__ import annotations

import os
import ssl as tls_module
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal, TypeAlias, TypedDict

from ._providers import CredentialsProvider, GivesCredentials, IdentityProvider, TrustProvider

Path: TypeAlias = str | os.PathLike[str]
#: Seconds, or text such as ``500ms``, ``5s``, ``2m``.
Seconds: TypeAlias = float | str | timedelta
Text: TypeAlias = str | bytes


class Arguments(TypedDict, total=False):
    """Everything a client may be told."""

    # The server.
    url: str
    host: str
    port: int
    path: Path
    unix_socket_path: Path | None
    db: int
    protocol: int | None
    client_name: str | None
    lib_name: Any
    lib_version: Any

    # Username and secret.
    username: str | None
    username_file: Path
    password: Text | None
    password_file: Path
    password_command: str | Sequence[str]
    command_timeout: Seconds
    credentials_provider: CredentialsProvider | None
    credential_provider: GivesCredentials | None
    provide_credentials: bool
    provider_interval: Seconds
    require_server_auth: bool

    # Whom to trust.
    tls: bool
    ssl: bool
    ca_file: Path
    ca_files: Sequence[Path]
    ca_pem: Text
    trust_provider: TrustProvider | None
    provide_trust: bool
    ssl_ca_certs: Path | None
    ssl_ca_path: Path | None
    ssl_ca_data: Text | None
    ssl_cert_reqs: str | tls_module.VerifyMode | None
    ssl_check_hostname: bool
    ssl_include_verify_flags: Sequence[tls_module.VerifyFlags] | None
    ssl_exclude_verify_flags: Sequence[tls_module.VerifyFlags] | None
    verify: Literal["full", "ca"]
    expected_name: str
    pin_sha256: str | Sequence[str]
    crl_file: Path
    tls_min_version: str | tls_module.TLSVersion
    ssl_min_version: tls_module.TLSVersion | None
    distrust_grace: Seconds
    recycle: Literal["distrusted", "always", "never"]
    danger_accept_any_certificate: bool
    danger_plaintext_auth: bool
    danger_keylog_file: Path

    # Who the client is.
    cert_file: Path
    key_file: Path
    key_password: Text
    key_password_file: Path
    cert_pem: Text
    key_pem: Text
    identity_provider: IdentityProvider | None
    provide_identity: bool
    ssl_certfile: Path | None
    ssl_keyfile: Path | None
    ssl_password: Text | None

    # Time and size.
    timeout: Seconds
    socket_timeout: float | None
    connect_timeout: Seconds
    socket_connect_timeout: float | None
    handshake_timeout: Seconds
    liveness: Seconds
    busy_poll: Seconds
    poll_interval: Seconds
    backoff_min: Seconds
    backoff_max: Seconds
    max_queue: int
    max_queue_bytes: int
    max_reply_bytes: int

    # Who watches.
    telemetry: bool | None

    # How replies look.
    encoding: str
    encoding_errors: str
    decode_responses: bool
    legacy_responses: bool

    # Understood and needless: the core does it always, or has no use for it.
    socket_keepalive: bool | None
    socket_keepalive_options: Any
    socket_read_size: int
    retry: Any
    retry_on_timeout: bool
    retry_on_error: list[type[Exception]] | None
    health_check_interval: float
    max_connections: int | None
    connection_pool: Any
    single_connection_client: bool
    driver_info: Any
    maint_notifications_config: Any
    auto_close_connection_pool: bool | None
