"""redis-py's arguments of versions 6, 7 and 8, by what becomes of them. ARGUMENTS.md explains."""

from __future__ import annotations

#: Settings of the core by another name.
RENAMED = {
    "host": "host",
    "port": "port",
    "db": "db",
    "username": "username",
    "password": "password",
    "unix_socket_path": "path",
    "socket_connect_timeout": "connect_timeout",
    "ssl": "tls",
    "ssl_ca_certs": "ca_file",
    "ssl_ca_data": "ca_pem",
    "ssl_certfile": "cert_file",
    "ssl_keyfile": "key_file",
    "ssl_password": "key_password",
    "ssl_min_version": "tls_min_version",
    "client_name": "client_name",
    "lib_name": "lib_name",
    "lib_version": "lib_version",
    "protocol": "protocol",
}

#: What becomes settings by more than a name, or is the package's own.
READ = frozenset(
    """socket_timeout encoding encoding_errors decode_responses legacy_responses ssl_cert_reqs
    ssl_check_hostname ssl_ca_path ssl_include_verify_flags ssl_exclude_verify_flags driver_info
    credential_provider maint_notifications_config max_connections single_connection_client
    connection_pool""".split()
)

#: Taken and needless: the core always does it its own way, or has nothing that it would apply to.
NEEDLESS = frozenset(
    """socket_read_size socket_keepalive socket_keepalive_options retry_on_timeout retry
    retry_on_error health_check_interval auto_close_connection_pool""".split()
)

#: What is refused unless it asks for nothing, and what to do instead.
REFUSED = {
    "redis_connect_func": "the core sets connections up",
    "cache": "there is no client-side cache",
    "cache_config": "there is no client-side cache",
    "event_dispatcher": "use events()",
    "oss_cluster_maint_notifications_handler": "a loss of connection is repaired when it happens",
    "ssl_ciphers": "cipher suites are those of TLS 1.2 with ECDHE and AEAD, and of TLS 1.3",
    "ssl_validate_ocsp": "use crl_file",
    "ssl_validate_ocsp_stapled": "use crl_file",
    "ssl_ocsp_context": "use crl_file",
    "ssl_ocsp_expected_cert": "use pin_sha256",
}

ALL = RENAMED.keys() | READ | NEEDLESS | REFUSED.keys()
