package redlatch

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Material is what a client is made of and what may be replaced while it runs.
type Material string

const (
	// MaterialTrust is the trusted CAs: one or more bundles, in any text form or DER.
	MaterialTrust Material = "trust"
	// MaterialIdentity is the client certificate: its chain, its key, and what opens the key, if
	// anything.
	MaterialIdentity Material = "identity"
	// MaterialCredentials is username and secret; see SupplyCredentials.
	MaterialCredentials Material = "credentials"
	// MaterialCRL is certificate revocation lists, PEM or DER.
	MaterialCRL Material = "crl"
)

var materialNumbers = map[Material]uint16{
	MaterialTrust: core.Trust, MaterialIdentity: core.Identity,
	MaterialCredentials: core.Credentials, MaterialCRL: core.CRL,
}

// Credentials are username and secret. Printing them does not show the secret.
type Credentials struct {
	// Username is the ACL user; empty means the one of the options.
	Username string
	// Secret is the password or token.
	Secret string
	// Expires is when the server stops to accept the secret; zero if that is not known. A successor is
	// asked for at half of the time left, and no later than four minutes before.
	Expires time.Time
}

// Supply replaces a material now, as if its source had changed to it: CAs under live traffic, for
// example. From then on what was supplied is the source, in place of a file. An error of the
// families trust, identity and auth tells what makes the content unusable, and what was good stays;
// ErrClientMisuse, that the client has no such material; ErrClientClosed, that it was closed.
func (c *Client) Supply(material Material, parts ...[]byte) error {
	if c.err != nil {
		return c.err
	}
	return c.engine.handIn(func(client *core.Client, batch *core.Batch) core.View {
		return client.Supply(batch, materialNumbers[material], 0, pack(parts))
	})
}

// SupplyCredentials replaces username and secret now; live connections prove the new one in place.
func (c *Client) SupplyCredentials(credentials Credentials) error {
	return c.Supply(MaterialCredentials, credentials.document())
}

// handIn makes a call that hands content in, and tells why it is refused.
func (e *engine) handIn(call func(*core.Client, *core.Batch) core.View) error {
	c := e.acquire()
	if c == nil {
		return newError(clientClosed, "")
	}
	defer e.release(c)
	c.refusing, c.refusal = true, nil
	e.finish(c, call(e.core, c.batch))
	c.refusing = false
	return c.refusal
}

// document is the one form that is exact for any secret.
func (c Credentials) document() []byte {
	fields := map[string]any{"password": c.Secret}
	if c.Username != "" {
		fields["username"] = c.Username
	}
	if !c.Expires.IsZero() {
		fields["expires_at"] = float64(c.Expires.UnixMilli()) / 1000
	}
	// Texts and a number are always JSON.
	document, _ := json.Marshal(fields)
	return document
}

// pack puts each part behind its length.
func pack(parts [][]byte) []byte {
	size := 0
	for _, part := range parts {
		size += 8 + len(part)
	}
	packed := make([]byte, 0, size)
	for _, part := range parts {
		packed = binary.LittleEndian.AppendUint64(packed, uint64(len(part)))
		packed = append(packed, part...)
	}
	return packed
}

// String masks the secret.
func (c Credentials) String() string { return fmt.Sprint(c) }

// GoString masks the secret.
func (c Credentials) GoString() string { return fmt.Sprintf("%#v", c) }

// Format masks the secret, whatever the verb.
func (c Credentials) Format(state fmt.State, verb rune) {
	type plain Credentials
	c.Secret = mask(c.Secret)
	fmt.Fprintf(state, fmt.FormatString(state, verb), plain(c))
}

// LogValue masks the secret.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

func mask(secret string) string {
	if secret == "" {
		return ""
	}
	return "***"
}
