package redlatch

// Status is a snapshot of a client. No secret is in it.
type Status struct {
	// State is ready, connecting, failing, idle or closed.
	State string `json:"state"`
	// Address of the server.
	Address string `json:"address"`
	// Verify is full, ca, danger_none, or empty without TLS.
	Verify string `json:"verify"`
	// Sessions are the connections; more than one while one takes over from another.
	Sessions []SessionStatus `json:"sessions"`
	// Trust is nil without TLS.
	Trust *TrustStatus `json:"trust"`
	// Identity is nil without a client certificate.
	Identity *IdentityStatus `json:"identity"`
	// Credentials is nil without a password.
	Credentials *CredentialsStatus `json:"credentials"`
	// Counters since the client was made.
	Counters Counters `json:"counters"`
	// Queued commands wait for a connection.
	Queued int `json:"queued"`
	// Open commands have no reply yet.
	Open int `json:"open"`
	// LastError is what keeps the client from being ready.
	LastError *StatusError `json:"last_error"`
}

// StatusError is a failure in a status.
type StatusError struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// SessionStatus is one connection.
type SessionStatus struct {
	Link                  uint64 `json:"link"`
	Phase                 string `json:"phase"`
	Active                bool   `json:"active"`
	TLS                   string `json:"tls"`
	Cipher                string `json:"cipher"`
	Resumed               bool   `json:"resumed"`
	TrustGeneration       uint64 `json:"trust_generation"`
	IdentityGeneration    uint64 `json:"identity_generation"`
	CredentialsGeneration uint64 `json:"credentials_generation"`
	// AnchorSHA256 is the fingerprint of the CA that verified the server.
	AnchorSHA256 string `json:"anchor_sha256"`
	// Distrusted says why the server is no longer trusted; empty if it is.
	Distrusted    string `json:"distrusted"`
	InFlight      int    `json:"in_flight"`
	ServerVersion string `json:"server_version"`
}

// TrustStatus is the trusted CAs.
type TrustStatus struct {
	Generation uint64 `json:"generation"`
	// Since is in seconds of the Unix epoch.
	Since        int64               `json:"since"`
	Certificates []CertificateStatus `json:"certificates"`
	// Refused is the code with which the latest content was refused; empty if it was taken.
	Refused string `json:"refused"`
}

// CertificateStatus is one trusted CA.
type CertificateStatus struct {
	SHA256   string `json:"sha256"`
	Subject  string `json:"subject"`
	NotAfter int64  `json:"not_after"`
	DaysLeft int64  `json:"days_left"`
}

// IdentityStatus is the client certificate.
type IdentityStatus struct {
	Generation uint64 `json:"generation"`
	SHA256     string `json:"sha256"`
	NotAfter   int64  `json:"not_after"`
	Refused    string `json:"refused"`
}

// CredentialsStatus is the username and password, of which nothing is shown.
type CredentialsStatus struct {
	Generation uint64 `json:"generation"`
	Refused    string `json:"refused"`
}

// Counters since the client was made.
type Counters struct {
	Replies    uint64 `json:"replies"`
	Failures   uint64 `json:"failures"`
	Connects   uint64 `json:"connects"`
	Reconnects uint64 `json:"reconnects"`
	// Replacements are sessions that took over from a live one.
	Replacements uint64 `json:"replacements"`
}
