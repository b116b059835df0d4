# Made of the core's table of errors by `make gen`.
"""Errors, built from the core's one table.

    RedlatchError(redis.RedisError)
    ├── ConfigError, TrustError, IdentityError, AuthError, TlsError, NetError,
    │   ProtocolError, ServerError, ClientError, InternalError        one for each family
    └── … AuthRejected(AuthError, redis.AuthenticationError), …       one for each code

A leaf class also inherits what redis-py raises in the same case, so existing ``except`` clauses
keep working. Names are the codes in CamelCase: ``tls.name_mismatch`` is ``TlsNameMismatch``. Only
``server.error``, whose family has that name, is ``ServerErrorReply``.
"""

from typing import Any, ClassVar, Literal

import redis.exceptions as peer

class RedlatchError(peer.RedisError):
    """Base of every error."""

    code: ClassVar[str]
    """Dotted name: what programs compare."""
    number: ClassVar[int]
    """The same as a number, which is never given to another error."""
    retry: ClassVar[Literal["never", "reconnect", "backoff", "after_rotation"]]
    """When the same call may succeed."""
    remedy: ClassVar[str]
    """What to do about it, in one sentence."""
    evidence: dict[str, str]
    """Named facts: expected and presented names, dates, issuers, fingerprints, settings."""
    maybe_executed: bool
    """Whether the server may have executed the command."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __reduce__(self) -> Any: ...

BY_CODE: dict[str, type[RedlatchError]]
"""Class of each code."""

def refused(code: str, text: str, **evidence: str) -> RedlatchError:
    """The error of a code that this package finds out itself."""

class ConfigError(RedlatchError):
    """Any error whose code begins with ``config.``."""

class TrustError(RedlatchError):
    """Any error whose code begins with ``trust.``."""

class IdentityError(RedlatchError):
    """Any error whose code begins with ``identity.``."""

class AuthError(RedlatchError):
    """Any error whose code begins with ``auth.``."""

class TlsError(RedlatchError):
    """Any error whose code begins with ``tls.``."""

class NetError(RedlatchError):
    """Any error whose code begins with ``net.``."""

class ProtocolError(RedlatchError):
    """Any error whose code begins with ``protocol.``."""

class ServerError(RedlatchError):
    """Any error whose code begins with ``server.``."""

class ClientError(RedlatchError):
    """Any error whose code begins with ``client.``."""

class InternalError(RedlatchError):
    """Any error whose code begins with ``internal.``."""

class ConfigInvalid(ConfigError, peer.DataError):
    """``config.invalid``: a setting has a value that cannot be used. Correct the setting named in
    the evidence. Retry: ``never``."""

class ConfigUnknown(ConfigError, peer.DataError):
    """``config.unknown``: a setting is not known. Check its spelling against the table of settings.
    Retry: ``never``."""

class ConfigConflict(ConfigError, peer.DataError):
    """``config.conflict``: two settings contradict each other. Keep one of the two settings named
    in the evidence. Retry: ``never``."""

class ConfigMissing(ConfigError, peer.DataError):
    """``config.missing``: a required setting is missing. Give the setting named in the evidence.
    Retry: ``never``."""

class ConfigUnsupported(ConfigError, peer.DataError):
    """``config.unsupported``: a setting asks for something redlatch does not do. Remove the
    setting; the evidence names the alternative where there is one. Retry: ``never``."""

class ConfigInsecure(ConfigError, peer.DataError):
    """``config.insecure``: the settings would send a secret or trusted data without protection.
    Turn TLS on, or remove the setting that depends on it. Retry: ``never``."""

class TrustEmpty(TrustError, peer.ConnectionError):
    """``trust.empty``: a CA bundle holds no certificate. Write the CA certificates, in PEM, to the
    source named in the evidence. Retry: ``after_rotation``."""

class TrustMalformed(TrustError, peer.ConnectionError):
    """``trust.malformed``: a CA bundle cannot be read as certificates. Write the bundle again in
    one piece; `redlatch bundle show FILE` tells which part is bad. Retry: ``after_rotation``."""

class TrustUnreadable(TrustError, peer.ConnectionError):
    """``trust.unreadable``: a CA source cannot be read. Check that the path exists, is a regular
    file under 1 MiB, and is readable by this user. Retry: ``after_rotation``."""

class TrustExpired(TrustError, peer.ConnectionError):
    """``trust.expired``: no CA certificate in the bundle is valid now. Publish the successor CA,
    and check this machine's clock. Retry: ``after_rotation``."""

class TrustPrivateKey(TrustError, peer.ConnectionError):
    """``trust.private_key``: a CA bundle holds a private key. Remove the key from the CA file and
    replace the key pair: it may have been copied with the bundle. Retry: ``never``."""

class IdentityMalformed(IdentityError, peer.ConnectionError):
    """``identity.malformed``: a client certificate or key cannot be read. Give a PEM certificate
    chain and an unencrypted PKCS#8, PKCS#1 or SEC1 key. Retry: ``after_rotation``."""

class IdentityMismatch(IdentityError, peer.ConnectionError):
    """``identity.mismatch``: the client key does not belong to the client certificate. Publish
    certificate and key together; redlatch keeps the last good pair until both match. Retry:
    ``after_rotation``."""

class IdentityExpired(IdentityError, peer.ConnectionError):
    """``identity.expired``: the client certificate is not valid now. Renew the client certificate,
    and check this machine's clock. Retry: ``after_rotation``."""

class IdentityUnreadable(IdentityError, peer.ConnectionError):
    """``identity.unreadable``: a client certificate or key file cannot be read. Check that the path
    exists and is readable by this user. Retry: ``after_rotation``."""

class AuthRequired(AuthError, peer.AuthenticationError):
    """``auth.required``: the server wants a password and none was given. Give a password, or a
    password file. Retry: ``after_rotation``."""

class AuthRejected(AuthError, peer.AuthenticationError):
    """``auth.rejected``: the server refused the username or password. Check username and password
    against the server; a rotated secret must be published to its file. Retry:
    ``after_rotation``."""

class AuthDenied(AuthError, peer.NoPermissionError):
    """``auth.denied``: the user may not run this command or touch this key. Grant the user the
    command or key in the server's ACL. Retry: ``never``."""

class AuthUnexpected(AuthError, peer.AuthenticationError):
    """``auth.unexpected``: a password was given but the server wants none. Remove the password, or
    set one on the server: it accepts everybody. Retry: ``after_rotation``."""

class AuthUnavailable(AuthError, peer.AuthenticationError):
    """``auth.unavailable``: a secret cannot be fetched from its source. Check that the secret's
    file or provider named in the evidence can be read and is not empty. Retry: ``backoff``."""

class TlsUntrusted(TlsError, peer.ConnectionError):
    """``tls.untrusted``: the server's certificate was issued by no trusted CA. Add the issuing CA
    to the bundle if you trust it; compare the fingerprints in the evidence. Retry:
    ``after_rotation``."""

class TlsNameMismatch(TlsError, peer.ConnectionError):
    """``tls.name_mismatch``: the server's certificate is not valid for the expected name. Connect
    by a name in the certificate, set `expected_name`, or use verify=ca with a private per-instance
    CA. Retry: ``never``."""

class TlsExpired(TlsError, peer.ConnectionError):
    """``tls.expired``: the server's certificate has expired. Renew the server's certificate, and
    check both clocks. Retry: ``after_rotation``."""

class TlsNotYetValid(TlsError, peer.ConnectionError):
    """``tls.not_yet_valid``: the server's certificate is not valid yet. Check both clocks. Retry:
    ``backoff``."""

class TlsBadCertificate(TlsError, peer.ConnectionError):
    """``tls.bad_certificate``: the server's certificate cannot be used. Issue an X.509 v3 server
    certificate with a subjectAltName and the serverAuth purpose. Retry: ``after_rotation``."""

class TlsPinMismatch(TlsError, peer.ConnectionError):
    """``tls.pin_mismatch``: no certificate of the server matches a pinned key. Add the pin in the
    evidence if you trust that key. Retry: ``after_rotation``."""

class TlsRevoked(TlsError, peer.ConnectionError):
    """``tls.revoked``: the server's certificate was revoked. Replace the server's certificate.
    Retry: ``after_rotation``."""

class TlsPlaintextPeer(TlsError, peer.ConnectionError):
    """``tls.plaintext_peer``: the server answered without TLS. Connect to the TLS port, or turn TLS
    off if the network protects the connection. Retry: ``never``."""

class TlsProtocol(TlsError, peer.ConnectionError):
    """``tls.protocol``: client and server found no common TLS version or cipher. Enable TLS 1.2 or
    1.3 with an ECDHE AEAD cipher on the server. Retry: ``never``."""

class TlsClientCertRequired(TlsError, peer.ConnectionError):
    """``tls.client_cert_required``: the server demands a client certificate. Give cert_file and
    key_file, or set tls-auth-clients no on the server. Retry: ``after_rotation``."""

class TlsClientCertRejected(TlsError, peer.ConnectionError):
    """``tls.client_cert_rejected``: the server refused the client certificate. Use a client
    certificate issued by a CA the server trusts, valid now, with the clientAuth purpose. Retry:
    ``after_rotation``."""

class TlsTimeout(TlsError, peer.TimeoutError):
    """``tls.timeout``: the TLS handshake did not finish in time. If no byte arrived, this is
    probably a plaintext port: connect to the TLS port. Retry: ``backoff``."""

class TlsRequired(TlsError, peer.ConnectionError):
    """``tls.required``: the server speaks TLS, and TLS is off. Turn TLS on, and give the CA that
    issued the server's certificate. Retry: ``never``."""

class NetDns(NetError, peer.ConnectionError):
    """``net.dns``: the host name could not be resolved. Check the host name and this machine's
    resolver. Retry: ``backoff``."""

class NetRefused(NetError, peer.ConnectionError):
    """``net.refused``: the server refused the connection. Check host and port, and that the server
    is running. Retry: ``backoff``."""

class NetUnreachable(NetError, peer.ConnectionError):
    """``net.unreachable``: the server cannot be reached. Check routes and firewalls between this
    machine and the server. Retry: ``backoff``."""

class NetTimeout(NetError, peer.TimeoutError):
    """``net.timeout``: the connection was not established in time. Check routes and firewalls
    between this machine and the server. Retry: ``backoff``."""

class NetClosed(NetError, peer.ConnectionError):
    """``net.closed``: the server closed the connection. Look at the server's log if it keeps
    happening. Retry: ``reconnect``."""

class ProtocolMalformed(ProtocolError, peer.InvalidResponse):
    """``protocol.malformed``: the server sent bytes that are not RESP. Check that host and port
    lead to a Redis or Valkey server. Retry: ``reconnect``."""

class ProtocolLimit(ProtocolError, peer.InvalidResponse):
    """``protocol.limit``: a reply exceeds a limit on depth, size or count. Ask for less at a time,
    or raise the limit named in the evidence. Retry: ``never``."""

class ProtocolUnsupported(ProtocolError, peer.InvalidResponse):
    """``protocol.unsupported``: the server does not speak the protocol version asked for. Set
    protocol=2. Retry: ``never``."""

class ServerErrorReply(ServerError, peer.ResponseError):
    """``server.error``: the server answered with an error. Read the server's text. Retry:
    ``never``."""

class ServerLoading(ServerError, peer.BusyLoadingError):
    """``server.loading``: the server is loading its data. Wait until it has loaded. Retry:
    ``backoff``."""

class ServerReadonly(ServerError, peer.ReadOnlyError):
    """``server.readonly``: the server is a replica and takes no writes. Connect to the primary.
    Retry: ``reconnect``."""

class ServerMaxClients(ServerError, peer.MaxConnectionsError):
    """``server.max_clients``: the server has no room for another client. Raise maxclients or use
    fewer connections. Retry: ``backoff``."""

class ServerProtectedMode(ServerError, peer.ResponseError):
    """``server.protected_mode``: the server is in protected mode and takes only local clients. Set
    a password or bind address on the server. Retry: ``never``."""

class ServerMasterDown(ServerError, peer.MasterDownError):
    """``server.master_down``: the replica has lost its primary. Wait for the replica to reconnect.
    Retry: ``backoff``."""

class ServerBusy(ServerError, peer.ResponseError):
    """``server.busy``: the server is busy running a script. Wait, or end the script with SCRIPT
    KILL. Retry: ``backoff``."""

class ServerOom(ServerError, peer.OutOfMemoryError):
    """``server.oom``: the server has reached its memory limit. Free memory or raise maxmemory.
    Retry: ``backoff``."""

class ServerMisconf(ServerError, peer.ResponseError):
    """``server.misconf``: the server cannot persist and refuses writes. Look at the server's log
    for the failed save. Retry: ``backoff``."""

class ServerNoScript(ServerError, peer.NoScriptError):
    """``server.no_script``: the script is not cached on the server. Load the script again, or use
    EVAL. Retry: ``never``."""

class ServerExecAbort(ServerError, peer.ExecAbortError):
    """``server.exec_abort``: the transaction was discarded because one of its commands failed.
    Correct the command that failed before EXEC. Retry: ``never``."""

class ServerMoved(ServerError, peer.ResponseError):
    """``server.moved``: the key lives on another node of a cluster. Use a cluster client for a
    cluster. Retry: ``reconnect``."""

class ServerClusterDown(ServerError, peer.ClusterDownError):
    """``server.cluster_down``: the cluster cannot serve this slot. Wait for the cluster to recover.
    Retry: ``backoff``."""

class ServerTryAgain(ServerError, peer.TryAgainError):
    """``server.try_again``: the keys are being moved between nodes. Try again. Retry:
    ``backoff``."""

class ServerNoReplicas(ServerError, peer.ResponseError):
    """``server.no_replicas``: not enough replicas are in reach to accept a write. Wait for the
    replicas. Retry: ``backoff``."""

class ServerWrongType(ServerError, peer.ResponseError):
    """``server.wrong_type``: the key holds another type of value. Use a command for the type of the
    key. Retry: ``never``."""

class ClientTimeout(ClientError, peer.TimeoutError):
    """``client.timeout``: the command got no reply in time. Raise the timeout or look at the
    server's slow log. Retry: ``backoff``."""

class ClientInterrupted(ClientError, peer.ConnectionError):
    """``client.interrupted``: the connection was lost while the command was under way; it may have
    been executed. Check whether the command took effect before repeating it. Retry: ``backoff``."""

class ClientQueueFull(ClientError):
    """``client.queue_full``: too many commands are waiting. Submit fewer commands at a time or
    raise max_queue. Retry: ``backoff``."""

class ClientClosed(ClientError, peer.ConnectionError):
    """``client.closed``: the client has been closed. Open a new client. Retry: ``never``."""

class ClientMisuse(ClientError, peer.DataError):
    """``client.misuse``: the call cannot be made this way. Follow the evidence. Retry:
    ``never``."""

class ClientCancelled(ClientError):
    """``client.cancelled``: the caller cancelled the command. Nothing to do. Retry: ``never``."""

class ClientWatchLost(ClientError, peer.WatchError):
    """``client.watch_lost``: the connection that watched the keys is gone, so the transaction was
    not executed. Read the keys again and repeat the transaction. Retry: ``reconnect``."""

class ClientWatchChanged(ClientError, peer.WatchError):
    """``client.watch_changed``: somebody else changed a watched key, so the transaction was not
    executed. Read the keys again and repeat the transaction. Retry: ``backoff``."""

class InternalBug(InternalError):
    """``internal.bug``: redlatch broke one of its own rules. Report it with the message. Retry:
    ``never``."""

class InternalPanic(InternalError):
    """``internal.panic``: redlatch failed inside and caught it. Report it with the message. Retry:
    ``never``."""

__all__ = [
    "BY_CODE",
    "AuthDenied",
    "AuthError",
    "AuthRejected",
    "AuthRequired",
    "AuthUnavailable",
    "AuthUnexpected",
    "ClientCancelled",
    "ClientClosed",
    "ClientError",
    "ClientInterrupted",
    "ClientMisuse",
    "ClientQueueFull",
    "ClientTimeout",
    "ClientWatchChanged",
    "ClientWatchLost",
    "ConfigConflict",
    "ConfigError",
    "ConfigInsecure",
    "ConfigInvalid",
    "ConfigMissing",
    "ConfigUnknown",
    "ConfigUnsupported",
    "IdentityError",
    "IdentityExpired",
    "IdentityMalformed",
    "IdentityMismatch",
    "IdentityUnreadable",
    "InternalBug",
    "InternalError",
    "InternalPanic",
    "NetClosed",
    "NetDns",
    "NetError",
    "NetRefused",
    "NetTimeout",
    "NetUnreachable",
    "ProtocolError",
    "ProtocolLimit",
    "ProtocolMalformed",
    "ProtocolUnsupported",
    "RedlatchError",
    "ServerBusy",
    "ServerClusterDown",
    "ServerError",
    "ServerErrorReply",
    "ServerExecAbort",
    "ServerLoading",
    "ServerMasterDown",
    "ServerMaxClients",
    "ServerMisconf",
    "ServerMoved",
    "ServerNoReplicas",
    "ServerNoScript",
    "ServerOom",
    "ServerProtectedMode",
    "ServerReadonly",
    "ServerTryAgain",
    "ServerWrongType",
    "TlsBadCertificate",
    "TlsClientCertRejected",
    "TlsClientCertRequired",
    "TlsError",
    "TlsExpired",
    "TlsNameMismatch",
    "TlsNotYetValid",
    "TlsPinMismatch",
    "TlsPlaintextPeer",
    "TlsProtocol",
    "TlsRequired",
    "TlsRevoked",
    "TlsTimeout",
    "TlsUntrusted",
    "TrustEmpty",
    "TrustError",
    "TrustExpired",
    "TrustMalformed",
    "TrustPrivateKey",
    "TrustUnreadable",
]
