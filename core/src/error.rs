//! The one table of failures. A code exists if and only if a caller could react to exactly that.
//!
//! Every language face builds its error classes from this table, so a name, a retry class and a
//! remedy are written once. Numbers are stable and never reused; message texts may change.

use std::{fmt, sync::Arc};

/// What a caller can do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same call fails again until the program or its configuration changes.
    Never,
    /// A new connection may succeed at once.
    Reconnect,
    /// Try again after a pause.
    Backoff,
    /// Succeeds only after a CA, certificate or secret has been replaced.
    AfterRotation,
}

impl Retry {
    /// The word used in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Reconnect => "reconnect",
            Self::Backoff => "backoff",
            Self::AfterRotation => "after_rotation",
        }
    }

    /// Whether waiting alone can help: the client keeps trying until a command's deadline.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Reconnect | Self::Backoff)
    }
}

macro_rules! codes {
    ($($number:literal $variant:ident $name:literal $retry:ident $sentence:literal $remedy:literal)*) => {
        /// A failure a caller can react to. The discriminant is its stable number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $sentence] $variant = $number,)*
        }

        impl Code {
            /// Every code, in order of number.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Dotted name, `family.reason`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What a caller can do about it.
            pub fn retry(self) -> Retry {
                match self { $(Self::$variant => Retry::$retry,)* }
            }

            /// What happened, in one sentence.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// What to do, in one sentence.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    101 ConfigInvalid "config.invalid" Never "a setting has a value that cannot be used" "Correct the setting named in the evidence."
    102 ConfigUnknown "config.unknown" Never "a setting is not known" "Check its spelling against the table of settings."
    103 ConfigConflict "config.conflict" Never "two settings contradict each other" "Keep one of the two settings named in the evidence."
    104 ConfigMissing "config.missing" Never "a required setting is missing" "Give the setting named in the evidence."
    105 ConfigUnsupported "config.unsupported" Never "a setting asks for something redlatch does not do" "Remove the setting; the evidence names the alternative where there is one."
    106 ConfigInsecure "config.insecure" Never "the settings would send a secret or trusted data without protection" "Turn TLS on, or remove the setting that depends on it."

    201 TrustEmpty "trust.empty" AfterRotation "a CA bundle holds no certificate" "Write the CA certificates, in PEM, to the source named in the evidence."
    202 TrustMalformed "trust.malformed" AfterRotation "a CA bundle cannot be read as certificates" "Write the bundle again in one piece; `redlatch bundle show FILE` tells which part is bad."
    203 TrustUnreadable "trust.unreadable" AfterRotation "a CA source cannot be read" "Check that the path exists, is a regular file under 1 MiB, and is readable by this user."
    204 TrustExpired "trust.expired" AfterRotation "no CA certificate in the bundle is valid now" "Publish the successor CA, and check this machine's clock."
    205 TrustPrivateKey "trust.private_key" Never "a CA bundle holds a private key" "Remove the key from the CA file and replace the key pair: it may have been copied with the bundle."

    301 IdentityMalformed "identity.malformed" AfterRotation "a client certificate or key cannot be read" "Give a PEM certificate chain and an unencrypted PKCS#8, PKCS#1 or SEC1 key."
    302 IdentityMismatch "identity.mismatch" AfterRotation "the client key does not belong to the client certificate" "Publish certificate and key together; redlatch keeps the last good pair until both match."
    303 IdentityExpired "identity.expired" AfterRotation "the client certificate is not valid now" "Renew the client certificate, and check this machine's clock."
    304 IdentityUnreadable "identity.unreadable" AfterRotation "a client certificate or key file cannot be read" "Check that the path exists and is readable by this user."

    401 AuthRequired "auth.required" AfterRotation "the server wants a password and none was given" "Give a password, or a password file."
    402 AuthRejected "auth.rejected" AfterRotation "the server refused the username or password" "Check username and password against the server; a rotated secret must be published to its file."
    403 AuthDenied "auth.denied" Never "the user may not run this command or touch this key" "Grant the user the command or key in the server's ACL."
    404 AuthUnexpected "auth.unexpected" AfterRotation "a password was given but the server wants none" "Remove the password, or set one on the server: it accepts everybody."
    405 AuthUnavailable "auth.unavailable" Backoff "a secret cannot be fetched from its source" "Check that the secret's file or provider named in the evidence can be read and is not empty."

    501 TlsUntrusted "tls.untrusted" AfterRotation "the server's certificate was issued by no trusted CA" "Add the issuing CA to the bundle if you trust it; compare the fingerprints in the evidence."
    502 TlsNameMismatch "tls.name_mismatch" Never "the server's certificate is not valid for the expected name" "Connect by a name in the certificate, set `expected_name`, or use verify=ca with a private per-instance CA."
    503 TlsExpired "tls.expired" AfterRotation "the server's certificate has expired" "Renew the server's certificate, and check both clocks."
    504 TlsNotYetValid "tls.not_yet_valid" Backoff "the server's certificate is not valid yet" "Check both clocks."
    505 TlsBadCertificate "tls.bad_certificate" AfterRotation "the server's certificate cannot be used" "Issue an X.509 v3 server certificate with a subjectAltName and the serverAuth purpose."
    506 TlsPinMismatch "tls.pin_mismatch" AfterRotation "no certificate of the server matches a pinned key" "Add the pin in the evidence if you trust that key."
    507 TlsRevoked "tls.revoked" AfterRotation "the server's certificate was revoked" "Replace the server's certificate."
    508 TlsPlaintextPeer "tls.plaintext_peer" Never "the server answered without TLS" "Connect to the TLS port, or turn TLS off if the network protects the connection."
    509 TlsProtocol "tls.protocol" Never "client and server found no common TLS version or cipher" "Enable TLS 1.2 or 1.3 with an ECDHE AEAD cipher on the server."
    510 TlsClientCertRequired "tls.client_cert_required" AfterRotation "the server demands a client certificate" "Give cert_file and key_file, or set tls-auth-clients no on the server."
    511 TlsClientCertRejected "tls.client_cert_rejected" AfterRotation "the server refused the client certificate" "Use a client certificate issued by a CA the server trusts, valid now, with the clientAuth purpose."
    512 TlsTimeout "tls.timeout" Backoff "the TLS handshake did not finish in time" "If no byte arrived, this is probably a plaintext port: connect to the TLS port."
    513 TlsRequired "tls.required" Never "the server speaks TLS, and TLS is off" "Turn TLS on, and give the CA that issued the server's certificate."

    601 NetDns "net.dns" Backoff "the host name could not be resolved" "Check the host name and this machine's resolver."
    602 NetRefused "net.refused" Backoff "the server refused the connection" "Check host and port, and that the server is running."
    603 NetUnreachable "net.unreachable" Backoff "the server cannot be reached" "Check routes and firewalls between this machine and the server."
    604 NetTimeout "net.timeout" Backoff "the connection was not established in time" "Check routes and firewalls between this machine and the server."
    605 NetClosed "net.closed" Reconnect "the server closed the connection" "Look at the server's log if it keeps happening."

    701 ProtocolMalformed "protocol.malformed" Reconnect "the server sent bytes that are not RESP" "Check that host and port lead to a Redis or Valkey server."
    702 ProtocolLimit "protocol.limit" Never "a reply exceeds a limit on depth, size or count" "Ask for less at a time, or raise the limit named in the evidence."
    703 ProtocolUnsupported "protocol.unsupported" Never "the server does not speak the protocol version asked for" "Set protocol=2."

    801 ServerError "server.error" Never "the server answered with an error" "Read the server's text."
    802 ServerLoading "server.loading" Backoff "the server is loading its data" "Wait until it has loaded."
    803 ServerReadonly "server.readonly" Reconnect "the server is a replica and takes no writes" "Connect to the primary."
    804 ServerMaxClients "server.max_clients" Backoff "the server has no room for another client" "Raise maxclients or use fewer connections."
    805 ServerProtectedMode "server.protected_mode" Never "the server is in protected mode and takes only local clients" "Set a password or bind address on the server."
    806 ServerMasterDown "server.master_down" Backoff "the replica has lost its primary" "Wait for the replica to reconnect."
    807 ServerBusy "server.busy" Backoff "the server is busy running a script" "Wait, or end the script with SCRIPT KILL."
    808 ServerOom "server.oom" Backoff "the server has reached its memory limit" "Free memory or raise maxmemory."
    809 ServerMisconf "server.misconf" Backoff "the server cannot persist and refuses writes" "Look at the server's log for the failed save."
    810 ServerNoScript "server.no_script" Never "the script is not cached on the server" "Load the script again, or use EVAL."
    811 ServerExecAbort "server.exec_abort" Never "the transaction was discarded because one of its commands failed" "Correct the command that failed before EXEC."
    812 ServerMoved "server.moved" Reconnect "the key lives on another node of a cluster" "Use a cluster client for a cluster."
    813 ServerClusterDown "server.cluster_down" Backoff "the cluster cannot serve this slot" "Wait for the cluster to recover."
    814 ServerTryAgain "server.try_again" Backoff "the keys are being moved between nodes" "Try again."
    815 ServerNoReplicas "server.no_replicas" Backoff "not enough replicas are in reach to accept a write" "Wait for the replicas."
    816 ServerWrongType "server.wrong_type" Never "the key holds another type of value" "Use a command for the type of the key."

    901 ClientTimeout "client.timeout" Backoff "the command got no reply in time" "Raise the timeout or look at the server's slow log."
    902 ClientInterrupted "client.interrupted" Backoff "the connection was lost while the command was under way; it may have been executed" "Check whether the command took effect before repeating it."
    903 ClientQueueFull "client.queue_full" Backoff "too many commands are waiting" "Submit fewer commands at a time or raise max_queue."
    904 ClientClosed "client.closed" Never "the client has been closed" "Open a new client."
    905 ClientMisuse "client.misuse" Never "the call cannot be made this way" "Follow the evidence."
    906 ClientCancelled "client.cancelled" Never "the caller cancelled the command" "Nothing to do."
    907 ClientWatchLost "client.watch_lost" Reconnect "the connection that watched the keys is gone, so the transaction was not executed" "Read the keys again and repeat the transaction."
    908 ClientWatchChanged "client.watch_changed" Backoff "somebody else changed a watched key, so the transaction was not executed" "Read the keys again and repeat the transaction."

    1001 InternalBug "internal.bug" Never "redlatch broke one of its own rules" "Report it with the message."
    1002 InternalPanic "internal.panic" Never "redlatch failed inside and caught it" "Report it with the message."
}

impl Code {
    /// Stable number; hundreds are families.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// Whether a server that says so did not let the client in.
    pub(crate) fn is_login_refusal(self) -> bool {
        matches!(self, Self::AuthRequired | Self::AuthRejected | Self::AuthUnexpected)
    }

    /// The code with this dotted name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// The part of the name before the dot.
    pub fn family(self) -> &'static str {
        self.name().split_once('.').map_or("", |(family, _)| family)
    }

    /// The code of an error reply. Servers and forks word their errors differently, so only the
    /// first word decides, except for `ERR`, which hides several conditions behind one word.
    pub fn of_server_text(text: &str) -> Self {
        match text.split([' ', '\r', '\n']).next().unwrap_or_default() {
            "NOAUTH" => Self::AuthRequired,
            "WRONGPASS" => Self::AuthRejected,
            "NOPERM" => Self::AuthDenied,
            "LOADING" => Self::ServerLoading,
            "READONLY" => Self::ServerReadonly,
            "DENIED" => Self::ServerProtectedMode,
            "MASTERDOWN" | "NOMASTERLINK" => Self::ServerMasterDown,
            "BUSY" => Self::ServerBusy,
            "OOM" => Self::ServerOom,
            "MISCONF" => Self::ServerMisconf,
            "NOSCRIPT" => Self::ServerNoScript,
            "EXECABORT" => Self::ServerExecAbort,
            "MOVED" | "ASK" | "REDIRECT" => Self::ServerMoved,
            "CLUSTERDOWN" => Self::ServerClusterDown,
            "TRYAGAIN" => Self::ServerTryAgain,
            "NOREPLICAS" => Self::ServerNoReplicas,
            "WRONGTYPE" => Self::ServerWrongType,
            "NOPROTO" => Self::ProtocolUnsupported,
            "ERR" if text.contains("max number of clients") => Self::ServerMaxClients,
            "ERR" if text.contains("invalid password") => Self::AuthRejected,
            "ERR"
                if text.contains("no password is set") || text.contains("without any password") =>
            {
                Self::AuthUnexpected
            }
            "ERR" if text.contains("operation not permitted") => Self::AuthRequired,
            _ => Self::ServerError,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A coded failure with its evidence. Cheap to clone: one cause can fail many commands.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    detail: String,
    evidence: Vec<(&'static str, String)>,
    maybe_executed: bool,
}

impl Error {
    /// A failure that the table's sentence describes fully.
    pub fn new(code: Code) -> Self {
        Self::with_detail(code, String::new())
    }

    /// A failure with what is special about this case. Never put a secret here.
    pub fn with_detail(code: Code, detail: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            code,
            detail: detail.into(),
            evidence: Vec::new(),
            maybe_executed: false,
        }))
    }

    /// The error reply of a server, its text kept.
    pub fn from_server_text(text: &str) -> Self {
        Self::with_detail(Code::of_server_text(text), text)
    }

    /// Adds a named piece of evidence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        Arc::make_mut(&mut self.0).evidence.push((name, value.to_string()));
        self
    }

    /// Marks that the command may have reached the server.
    #[must_use]
    pub fn maybe_executed(mut self) -> Self {
        Arc::make_mut(&mut self.0).maybe_executed = true;
        self
    }

    /// What a caller reacts to.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What is special about this case; empty if the sentence says it all.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Named facts: expected and presented names, dates, issuers, fingerprints, settings.
    pub fn evidence(&self) -> &[(&'static str, String)] {
        &self.0.evidence
    }

    /// Whether the command may have been executed by the server.
    pub fn is_maybe_executed(&self) -> bool {
        self.0.maybe_executed
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { code, detail, evidence, .. } = &*self.0;
        write!(f, "{}", code.sentence())?;
        if !detail.is_empty() {
            write!(f, ": {detail}")?;
        }
        for (at, (name, value)) in evidence.iter().enumerate() {
            write!(f, "{}{name}={value}", if at == 0 { " (" } else { ", " })?;
        }
        if !evidence.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.code())
    }
}

impl std::error::Error for Error {}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code
            && self.0.detail == other.0.detail
            && self.0.evidence == other.0.evidence
    }
}

/// What fallible functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
