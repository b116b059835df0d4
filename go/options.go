package redlatch

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"
)

// Options are the settings of a client. Zero values mean the defaults.
type Options struct {
	// URL is a redis://, rediss://, valkey://, valkeys:// or unix:// address; other settings may
	// follow as its query. The fields below win over it.
	URL string
	// Network is tcp (default) or unix.
	Network string
	// Addr is host:port, or the path of a Unix socket.
	Addr string
	// DB is the number of the logical database.
	DB int

	// Username is the ACL user; empty means the default user.
	Username string
	// UsernameFile holds the username; watched.
	UsernameFile string
	// Password is the password or token.
	Password string
	// PasswordFile holds the password; watched, and used at once when it changes.
	PasswordFile string
	// PasswordCommand is a program and its arguments that print the secret, alone or as a JSON object
	// with username, password, and expires_in or expires_at. No shell is involved.
	PasswordCommand []string
	// CommandTimeout is the longest run of PasswordCommand: 10 s unless set.
	CommandTimeout time.Duration
	// Credentials gives username and secret, in place of the fields above. Like all providers it runs
	// in a goroutine of its own: when the client first needs it, ahead of the end of what it gave, and
	// when the server refuses it; never twice at once. One that fails or panics is asked again ever
	// later (ErrAuthUnavailable), and what it gave before stays in force until its end.
	//
	// The context ends when the client is closed. Commands of this client fail with ErrClientMisuse
	// if they are given this context, or one made of it: they would wait for themselves. With another
	// context nobody can tell, and they wait in vain.
	Credentials func(ctx context.Context) (Credentials, error)
	// CredentialsProvider does so in go-redis's way.
	CredentialsProvider func() (username string, password string)
	// CredentialsProviderContext does so in go-redis's other way.
	CredentialsProviderContext func(ctx context.Context) (username string, password string, err error)
	// ProviderInterval is how often a provider is asked that names no end of what it gives: 5 minutes
	// unless set; negative means only when needed.
	ProviderInterval time.Duration
	// RequireServerAuth refuses a server that lets everybody in: it must ask for the secret before it
	// gets it.
	RequireServerAuth bool

	// TLS is on if a CA or client certificate is given, unless said otherwise.
	TLS TLSMode
	// CAFile holds trusted CA certificates in any text form, or is a folder of such files; watched.
	// Only these are trusted.
	CAFile string
	// CAFiles are several files or folders.
	CAFiles []string
	// CAPEM are the certificates themselves.
	CAPEM string
	// TrustProvider gives bundles of the trusted CAs, in any text form or DER, in place of files; see
	// Credentials.
	TrustProvider func(ctx context.Context) ([][]byte, error)
	// CertFile holds the client certificate chain; watched together with KeyFile.
	CertFile string
	// KeyFile holds the key of the client certificate.
	KeyFile string
	// CertPEM is the client certificate chain itself.
	CertPEM string
	// KeyPEM is its key.
	KeyPEM string
	// KeyPassword opens an encrypted key.
	KeyPassword string
	// KeyPasswordFile holds what opens an encrypted key; watched together with CertFile.
	KeyPasswordFile string
	// IdentityProvider gives the client certificate chain and its key, both PEM, in place of files; see
	// Credentials.
	IdentityProvider func(ctx context.Context) (chain, key []byte, err error)
	// Verify tells how the server's certificate is checked.
	Verify Verify
	// ExpectedName is the name the server's certificate must carry, in place of the host.
	ExpectedName string
	// PinSHA256 are SHA-256 of public keys (SPKI), base64 or hexadecimal: one of them must stand in
	// the verified chain, whatever else holds.
	PinSHA256 []string
	// CRLFile holds revocation lists, PEM or DER, or is a folder of such files; watched.
	CRLFile string
	// TLSMinVersion is the oldest TLS version accepted, 1.2 (default) or 1.3.
	TLSMinVersion string
	// DangerAcceptAnyCertificate verifies nothing: anyone in between can read and change everything.
	DangerAcceptAnyCertificate bool
	// DangerPlaintextAuth sends the password without TLS to another machine.
	DangerPlaintextAuth bool
	// DangerKeylogFile is where the secrets of each TLS session are appended: whoever has it can
	// decrypt recorded traffic.
	DangerKeylogFile string

	// Protocol is the RESP version, 2 or 3 (default).
	Protocol int
	// ClientName is shown by CLIENT LIST.
	ClientName string
	// LibName and LibVersion are shown by CLIENT LIST.
	LibName    string
	LibVersion string

	// Timeout is the longest wait for a reply, reconnection included: 5 s unless set, negative for
	// no limit. A context can only shorten it.
	Timeout time.Duration
	// ConnectTimeout is the longest wait for the TCP connection, name resolution included.
	ConnectTimeout time.Duration
	// HandshakeTimeout is the longest wait for TLS and authentication.
	HandshakeTimeout time.Duration
	// Liveness is the silence with commands in flight after which the server is asked for a sign of
	// life, and after as long again given up; negative turns it off.
	Liveness time.Duration
	// BusyPoll is how long a caller who is alone looks for a reply before they sleep: to sleep and be
	// woken takes longer than a server nearby takes to answer. Where replies come later they sleep at
	// once. Default 200 µs, at most 10 ms; negative turns it off.
	BusyPoll time.Duration
	// PollInterval is how often watched files are looked at.
	PollInterval time.Duration
	// DistrustGrace is how long a live connection may go on after its CA was removed; negative
	// means not at all.
	DistrustGrace time.Duration
	// Recycle tells which live connections a rotation replaces.
	Recycle Recycle
	// BackoffMin is the longest wait before the second attempt to connect; it doubles.
	BackoffMin time.Duration
	// BackoffMax is the longest wait between two attempts to connect.
	BackoffMax time.Duration

	// MaxConnections is how many connections the client may hold at once: commands that block
	// have one of their own. Default: 1024.
	MaxConnections int
	// MaxQueue is how many commands may wait for a connection.
	MaxQueue int
	// MaxQueueBytes is how many bytes of commands may wait or be under way.
	MaxQueueBytes int
	// MaxReplyBytes is the largest reply accepted.
	MaxReplyBytes int

	// Logger gets every event (see Client.Events): what is as it should be as Info, what somebody should
	// look at as Warn, what keeps commands from running as Error. No secret is in them. It is called from
	// a goroutine of its own, which Close ends; nil logs nothing.
	Logger *slog.Logger

	// Observer hears of each command and pipeline; the package otel has one for OpenTelemetry.
	Observer Observer
}

// TLSMode tells whether to use TLS.
type TLSMode int

const (
	// TLSAuto uses TLS if another setting calls for it.
	TLSAuto TLSMode = iota
	// TLSOn uses TLS, with the system's CAs if none is given.
	TLSOn
	// TLSOff uses none; a CA is then an error.
	TLSOff
)

// Verify tells how the server's certificate is checked.
type Verify string

const (
	// VerifyFull checks chain and name.
	VerifyFull Verify = "full"
	// VerifyCA checks the chain only, for a CA that issues to nobody but this server.
	VerifyCA Verify = "ca"
)

// Recycle tells which live connections a rotation replaces.
type Recycle string

const (
	// RecycleDistrusted replaces those whose CA is gone; the default.
	RecycleDistrusted Recycle = "distrusted"
	// RecycleAlways replaces all.
	RecycleAlways Recycle = "always"
	// RecycleNever replaces none, so that a CA that was removed goes on protecting them.
	RecycleNever Recycle = "never"
)

// settings are the options by their names in the core; what is not set is left out.
func (o *Options) settings() map[string]any {
	settings := map[string]any{}
	put(settings, "url", o.URL)
	o.address(settings)
	put(settings, "db", o.DB)
	put(settings, "username", o.Username)
	put(settings, "username_file", o.UsernameFile)
	put(settings, "password", o.Password)
	put(settings, "password_file", o.PasswordFile)
	list(settings, "password_command", o.PasswordCommand)
	seconds(settings, "command_timeout", o.CommandTimeout)
	put(settings, "provide_credentials", o.Credentials != nil || o.CredentialsProvider != nil || o.CredentialsProviderContext != nil)
	seconds(settings, "provider_interval", o.ProviderInterval)
	put(settings, "require_server_auth", o.RequireServerAuth)
	if o.TLS != TLSAuto {
		settings["tls"] = o.TLS == TLSOn
	}
	put(settings, "ca_file", o.CAFile)
	list(settings, "ca_files", o.CAFiles)
	put(settings, "ca_pem", o.CAPEM)
	put(settings, "provide_trust", o.TrustProvider != nil)
	put(settings, "cert_file", o.CertFile)
	put(settings, "key_file", o.KeyFile)
	put(settings, "cert_pem", o.CertPEM)
	put(settings, "key_pem", o.KeyPEM)
	put(settings, "key_password", o.KeyPassword)
	put(settings, "key_password_file", o.KeyPasswordFile)
	put(settings, "provide_identity", o.IdentityProvider != nil)
	put(settings, "verify", string(o.Verify))
	put(settings, "expected_name", o.ExpectedName)
	list(settings, "pin_sha256", o.PinSHA256)
	put(settings, "crl_file", o.CRLFile)
	put(settings, "tls_min_version", o.TLSMinVersion)
	put(settings, "danger_accept_any_certificate", o.DangerAcceptAnyCertificate)
	put(settings, "danger_plaintext_auth", o.DangerPlaintextAuth)
	put(settings, "danger_keylog_file", o.DangerKeylogFile)
	put(settings, "protocol", o.Protocol)
	put(settings, "client_name", o.ClientName)
	put(settings, "lib_name", o.LibName)
	put(settings, "lib_version", o.LibVersion)
	seconds(settings, "timeout", o.Timeout)
	seconds(settings, "connect_timeout", o.ConnectTimeout)
	seconds(settings, "handshake_timeout", o.HandshakeTimeout)
	seconds(settings, "liveness", o.Liveness)
	seconds(settings, "busy_poll", o.BusyPoll)
	seconds(settings, "poll_interval", o.PollInterval)
	seconds(settings, "distrust_grace", o.DistrustGrace)
	put(settings, "recycle", string(o.Recycle))
	seconds(settings, "backoff_min", o.BackoffMin)
	seconds(settings, "backoff_max", o.BackoffMax)
	put(settings, "max_connections", o.MaxConnections)
	put(settings, "max_queue", o.MaxQueue)
	put(settings, "max_queue_bytes", o.MaxQueueBytes)
	put(settings, "max_reply_bytes", o.MaxReplyBytes)
	return settings
}

func (o *Options) address(settings map[string]any) {
	if o.Network == "unix" {
		put(settings, "path", o.Addr)
		return
	}
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		host, port = o.Addr, ""
	}
	put(settings, "host", host)
	put(settings, "port", port)
}

func put[T comparable](settings map[string]any, name string, value T) {
	var unset T
	if value != unset {
		settings[name] = value
	}
}

func list(settings map[string]any, name string, values []string) {
	if len(values) > 0 {
		settings[name] = values
	}
}

func seconds(settings map[string]any, name string, value time.Duration) {
	if value != 0 {
		settings[name] = max(value, 0).Seconds()
	}
}

// Format masks secrets, whatever the verb.
func (o Options) Format(state fmt.State, verb rune) {
	type plain Options
	for _, secret := range []*string{&o.Password, &o.KeyPEM, &o.KeyPassword} {
		*secret = mask(*secret)
	}
	if address, err := url.Parse(o.URL); err == nil && address.User == nil && address.RawQuery == "" {
		o.URL = address.String()
	} else {
		o.URL = mask(o.URL)
	}
	fmt.Fprintf(state, fmt.FormatString(state, verb), plain(o))
}
