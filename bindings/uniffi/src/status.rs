//! What a client tells about itself at any time. No secret is in it. Times are in seconds since the
//! Unix epoch.

use serde::{Deserialize, Serialize};

macro_rules! documents {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, uniffi::Record)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$about])* pub $field: $kind,)*
        }
    )*};
}

documents! {
    /// A snapshot of a client.
    Status {
        /// When it was made.
        at: i64,
        /// `ready`, `connecting`, `failing`, `idle` or `closed`.
        state: String,
        /// Where the server is.
        address: String,
        /// The setting `client_name`.
        client_name: Option<String>,
        /// Number of the logical database.
        db: i64,
        /// `full`, `ca` or `danger_none`; none without TLS.
        verify: Option<String>,
        /// What is checked of a server; none without TLS.
        verification: Option<Verification>,
        /// Which connections a rotation replaces.
        recycle: String,
        /// Whether a server that lets everybody in is refused.
        require_server_auth: bool,
        /// Settings in force that weaken security.
        dangers: Vec<String>,
        /// Connections there are.
        connections: i64,
        /// Those of the connection used last.
        sessions: Vec<Session>,
        /// The trusted CAs.
        trust: Option<TrustStatus>,
        /// The client's certificate.
        identity: Option<IdentityStatus>,
        /// The revocation lists.
        crl: Option<CrlStatus>,
        /// Username and secret.
        credentials: Option<CredentialsStatus>,
        /// What all connections have counted.
        counters: Counters,
        /// Events that nobody took in time.
        events_dropped: i64,
        /// Commands that wait for a connection.
        queued: i64,
        /// Commands without a reply.
        open: i64,
        /// The material that is waited for.
        awaiting: Option<String>,
        /// Why the last connection failed.
        last_error: Option<LastError>,
    }

    /// What is checked of a server.
    Verification {
        /// `full`, `ca` or `danger_none`.
        verify: String,
        /// Name the certificate must carry, in place of the host.
        expected_name: Option<String>,
        /// Pinned keys, base64.
        pins: Vec<String>,
        /// Whether revocation lists are used.
        crls: bool,
        /// The oldest version of TLS.
        min_version: String,
        /// Whether the secrets of sessions are written to a file.
        keylog: bool,
    }

    /// A session with the server.
    Session {
        /// Number of the connection.
        link: i64,
        /// How far it is.
        phase: String,
        /// Whether commands go to it.
        active: bool,
        /// The version of TLS.
        tls: Option<String>,
        /// The cipher suite.
        cipher: Option<String>,
        /// Whether an earlier TLS session was resumed.
        resumed: bool,
        /// Generation of the trusted CAs it was made with.
        trust_generation: Option<i64>,
        /// Generation of the client certificate it was made with.
        identity_generation: Option<i64>,
        /// Generation of the revocation lists it was made with.
        crl_generation: Option<i64>,
        /// Generation of the secret it has proven.
        credentials_generation: Option<i64>,
        /// Fingerprint of the CA that verified the server.
        anchor_sha256: Option<String>,
        /// When that CA ends.
        anchor_not_after: Option<i64>,
        /// The server's certificate.
        peer: Option<Anchor>,
        /// Why the server is no longer trusted.
        distrusted_code: Option<String>,
        /// The same, for people.
        distrusted: Option<String>,
        /// How soon nothing is sent on it any more.
        distrusted_ends_in: Option<f64>,
        /// Whether a rotation replaces it.
        stale: bool,
        /// Commands under way.
        in_flight: i64,
        /// Version of RESP.
        protocol: Option<i64>,
        /// What the server says of itself.
        server_version: Option<String>,
    }

    /// A certificate in use.
    Anchor {
        /// Fingerprint, hexadecimal.
        sha256: String,
        /// Whom it names.
        subject: String,
        /// Who signed it.
        issuer: String,
        /// When it ends.
        not_after: i64,
        /// Days until then.
        days_left: i64,
    }

    /// The trusted CAs.
    TrustStatus {
        /// How many times new content was taken.
        generation: i64,
        /// When the last one was.
        since: Option<i64>,
        /// How many times content was refused.
        rejections: i64,
        /// Whether a source is being asked.
        fetching: bool,
        /// Why content was refused last.
        refused: Option<String>,
        /// The same, for people.
        refused_why: Option<String>,
        /// Each of them.
        certificates: Vec<Anchor>,
    }

    /// The client's certificate.
    IdentityStatus {
        /// How many times new content was taken.
        generation: i64,
        /// When the last one was.
        since: Option<i64>,
        /// How many times content was refused.
        rejections: i64,
        /// Whether a source is being asked.
        fetching: bool,
        /// Why content was refused last.
        refused: Option<String>,
        /// The same, for people.
        refused_why: Option<String>,
        /// Fingerprint, hexadecimal.
        sha256: Option<String>,
        /// Whom it names.
        subject: Option<String>,
        /// When it ends.
        not_after: Option<i64>,
        /// Days until then.
        days_left: Option<i64>,
    }

    /// The revocation lists.
    CrlStatus {
        /// How many times new content was taken.
        generation: i64,
        /// When the last one was.
        since: Option<i64>,
        /// How many times content was refused.
        rejections: i64,
        /// Whether a source is being asked.
        fetching: bool,
        /// Why content was refused last.
        refused: Option<String>,
        /// The same, for people.
        refused_why: Option<String>,
        /// Each of them.
        lists: Vec<RevocationList>,
    }

    /// A revocation list.
    RevocationList {
        /// Who signed it.
        issuer: String,
        /// How many certificates it names.
        revoked: i64,
        /// When the next one is due.
        next_update: Option<i64>,
    }

    /// Username and secret.
    CredentialsStatus {
        /// How many times new content was taken.
        generation: i64,
        /// When the last one was.
        since: Option<i64>,
        /// How many times content was refused.
        rejections: i64,
        /// Whether a source is being asked.
        fetching: bool,
        /// Why content was refused last.
        refused: Option<String>,
        /// The same, for people.
        refused_why: Option<String>,
        /// When the server stops to accept it.
        expires: Option<i64>,
        /// How soon that is.
        expires_in: Option<i64>,
    }

    /// What was counted.
    Counters {
        /// Commands taken.
        commands: i64,
        /// Replies given.
        replies: i64,
        /// Commands that failed.
        failures: i64,
        /// Connections made.
        connects: i64,
        /// Of these, after one was lost.
        reconnects: i64,
        /// Of these, in place of one that is no longer trusted.
        replacements: i64,
        /// How many times the server refused the secret.
        auth_failures: i64,
    }

    /// Why a connection failed.
    LastError {
        /// Its code.
        code: String,
        /// For people.
        text: String,
    }
}
