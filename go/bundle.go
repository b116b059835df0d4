package redlatch

import (
	"encoding/json"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Bundle is what a CA bundle holds.
type Bundle struct {
	// Certificates are what would be trusted, in file order, each once. Never empty.
	Certificates []Certificate `json:"certificates"`
	// Rejected are well formed but not to be trusted.
	Rejected []RejectedCertificate `json:"rejected"`
	// Notes say what was unusual: the text form, duplicates, dates that lie ahead.
	Notes []string `json:"notes"`
}

// Certificate is a certificate of a bundle.
type Certificate struct {
	// SHA256 of the DER, in lower-case hexadecimal.
	SHA256    string    `json:"sha256"`
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	// Kind is root, intermediate or leaf.
	Kind string `json:"kind"`
}

// RejectedCertificate is a certificate that would not be trusted.
type RejectedCertificate struct {
	Certificate
	// Code is trust.expired, or trust.malformed for what waiting cannot change.
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// ReadBundle reads one or many CAs in any text form, as a client reads its CAFile. The error is one
// of ErrTrust: ErrTrustPrivateKey, ErrTrustEmpty, ErrTrustMalformed or ErrTrustExpired.
func ReadBundle(data []byte) (*Bundle, error) {
	batch := core.NewBatch()
	defer batch.Free()
	record, _ := core.Next(core.Bundle(batch, data).Outcomes())
	if record.Kind == core.Fault {
		return nil, parseError(record.Body)
	}
	bundle := new(Bundle)
	if err := json.Unmarshal(record.Body, bundle); err != nil {
		return nil, newError(internalBug, err.Error())
	}
	return bundle, nil
}
