package redlatch

// Status is a snapshot of a client. No secret is in it.
type Status struct {
	// State is ready, connecting, failing, idle or closed.
	State string `json:"state"`
	// At is when it was taken, in seconds of the Unix epoch.
	At int64 `json:"at"`
	// Address of the server.
	Address string `json:"address"`
	// ClientName is empty if none is set.
	ClientName string `json:"client_name"`
	// DB is the number of the database.
	DB int `json:"db"`
	// Verify is full, ca, danger_none, or empty without TLS.
	Verify string `json:"verify"`
	// Verification is what is checked of a server; nil without TLS.
	Verification *Verification `json:"verification"`
	// Recycle tells which live connections a rotation replaces.
	Recycle Recycle `json:"recycle"`
	// RequireServerAuth tells whether a server that lets everybody in is refused.
	RequireServerAuth bool `json:"require_server_auth"`
	// Dangers are settings in use that weaken security.
	Dangers []string `json:"dangers"`
	// Connections is how many there are of Sessions.
	Connections int `json:"connections"`
	// Sessions are the connections; more than one while one takes over from another.
	Sessions []SessionStatus `json:"sessions"`
	// Trust is nil without TLS.
	Trust *TrustStatus `json:"trust"`
	// Identity is nil without a client certificate.
	Identity *IdentityStatus `json:"identity"`
	// CRL is nil without revocation lists.
	CRL *CRLStatus `json:"crl"`
	// Credentials is nil without a password.
	Credentials *CredentialsStatus `json:"credentials"`
	// Counters since the client was made.
	Counters Counters `json:"counters"`
	// Queued commands wait for a connection.
	Queued int `json:"queued"`
	// Open commands have no reply yet.
	Open int `json:"open"`
	// Awaiting is the material that a provider was asked for and that an attempt to connect waits for.
	Awaiting Material `json:"awaiting"`
	// LastError is what keeps the client from being ready.
	LastError *StatusError `json:"last_error"`
}

// Verification is what is checked of a server.
type Verification struct {
	// ExpectedName is empty if the host's name is.
	ExpectedName string `json:"expected_name"`
	// Pins are SHA-256 of public keys, base64.
	Pins []string `json:"pins"`
	// CRLs tells whether revocation lists are used.
	CRLs bool `json:"crls"`
	// MinVersion is TLSv1.2 or TLSv1.3.
	MinVersion string `json:"min_version"`
	// Keylog tells whether session secrets are written to a file.
	Keylog bool `json:"keylog"`
}

// StatusError is a failure in a status.
type StatusError struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// SessionStatus is one connection.
type SessionStatus struct {
	// Link numbers the connections of a client.
	Link uint64 `json:"link"`
	// Phase is how far it is: dialing, securing, authenticating, subscribing or ready.
	Phase string `json:"phase"`
	// Active tells that new commands use it.
	Active bool `json:"active"`
	// TLS, Cipher and Resumed tell what the handshake came to; empty without TLS.
	TLS     string `json:"tls"`
	Cipher  string `json:"cipher"`
	Resumed bool   `json:"resumed"`
	// TrustGeneration and its like number what the connection was made with.
	TrustGeneration       uint64 `json:"trust_generation"`
	IdentityGeneration    uint64 `json:"identity_generation"`
	CRLGeneration         uint64 `json:"crl_generation"`
	CredentialsGeneration uint64 `json:"credentials_generation"`
	// AnchorSHA256 and AnchorNotAfter are fingerprint and end of the CA that verified the server.
	AnchorSHA256   string `json:"anchor_sha256"`
	AnchorNotAfter int64  `json:"anchor_not_after"`
	// Peer is the server's certificate; nil without TLS.
	Peer *CertificateStatus `json:"peer"`
	// Distrusted says why the server is no longer trusted; empty if it is.
	Distrusted string `json:"distrusted"`
	// DistrustedCode is the code of that.
	DistrustedCode string `json:"distrusted_code"`
	// DistrustedEndsIn is how many seconds later the connection ends for it.
	DistrustedEndsIn float64 `json:"distrusted_ends_in"`
	// Stale tells that another connection takes over for a reason other than trust.
	Stale bool `json:"stale"`
	// InFlight commands have been sent and have no reply yet.
	InFlight int `json:"in_flight"`
	// ServerVersion is empty before the server has told.
	ServerVersion string `json:"server_version"`
}

// MaterialStatus is what all materials tell. Times are in seconds of the Unix epoch.
type MaterialStatus struct {
	// Generation is 0 before the first.
	Generation uint64 `json:"generation"`
	Since      int64  `json:"since"`
	// Rejections is how often content was refused.
	Rejections uint64 `json:"rejections"`
	// Fetching tells that a provider or a command was asked and has not answered yet.
	Fetching bool `json:"fetching"`
	// Refused and RefusedWhy are code and text of why the latest content was refused; empty if it is in
	// force.
	Refused    string `json:"refused"`
	RefusedWhy string `json:"refused_why"`
}

// TrustStatus is the trusted CAs.
type TrustStatus struct {
	MaterialStatus
	Certificates []CertificateStatus `json:"certificates"`
}

// CertificateStatus is one certificate.
type CertificateStatus struct {
	SHA256   string `json:"sha256"`
	Subject  string `json:"subject"`
	Issuer   string `json:"issuer"`
	NotAfter int64  `json:"not_after"`
	DaysLeft int64  `json:"days_left"`
}

// IdentityStatus is the client certificate.
type IdentityStatus struct {
	MaterialStatus
	SHA256   string `json:"sha256"`
	Subject  string `json:"subject"`
	NotAfter int64  `json:"not_after"`
	DaysLeft int64  `json:"days_left"`
}

// CRLStatus is the revocation lists.
type CRLStatus struct {
	MaterialStatus
	Lists []RevocationList `json:"lists"`
}

// RevocationList is one of them.
type RevocationList struct {
	Issuer  string `json:"issuer"`
	Revoked int64  `json:"revoked"`
	// NextUpdate is 0 if the list names none.
	NextUpdate int64 `json:"next_update"`
}

// CredentialsStatus is the username and password, of which nothing is shown but their end.
type CredentialsStatus struct {
	MaterialStatus
	// Expires is 0 if that is not known.
	Expires int64 `json:"expires"`
	// ExpiresIn is how many seconds are left.
	ExpiresIn int64 `json:"expires_in"`
}

// Counters since the client was made.
type Counters struct {
	// Commands taken from callers, each of a pipeline.
	Commands   uint64 `json:"commands"`
	Replies    uint64 `json:"replies"`
	Failures   uint64 `json:"failures"`
	Connects   uint64 `json:"connects"`
	Reconnects uint64 `json:"reconnects"`
	// Replacements are sessions that took over from a live one.
	Replacements uint64 `json:"replacements"`
	// AuthFailures are the times the server refused username and password.
	AuthFailures uint64 `json:"auth_failures"`
}
