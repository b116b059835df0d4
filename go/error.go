package redlatch

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

//go:generate go run ./internal/gen errors_gen.go

// Nil is the error of a command whose reply is no value: the key does not exist.
//
//lint:ignore ST1012 go-redis calls it so
var Nil = errors.New("redlatch: nil")

// Error is a failure with everything a caller can react to. Compare it with errors.Is to a code
// (ErrTLSUntrusted) or a family (ErrTLS); take it apart with errors.As.
type Error struct {
	// Code is the dotted name, family.reason. It never changes; the message may.
	Code string `json:"code"`
	// Number is the stable number of the code.
	Number uint16 `json:"number"`
	// Family is the part of the code before the dot.
	Family string `json:"family"`
	// Retry is never, reconnect (try at once), backoff (try after a pause) or after_rotation (when a
	// CA, certificate or secret has been replaced).
	Retry string `json:"retry"`
	// Message says what happened, evidence included.
	Message string `json:"message"`
	// Detail is what is special about this case: the text of the server, for example.
	Detail string `json:"detail"`
	// Remedy says what to do about it.
	Remedy string `json:"remedy"`
	// Evidence holds named facts: names, dates, issuers, fingerprints, settings.
	Evidence map[string]string `json:"evidence"`
	// MaybeExecuted tells that the command may have reached the server.
	MaybeExecuted bool `json:"maybe_executed"`

	cause error
}

// Error is code and message; the remedy is apart.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap gives the error of a context that ended.
func (e *Error) Unwrap() error { return e.cause }

// Is compares with a code or a family.
func (e *Error) Is(target error) bool {
	switch target := target.(type) {
	case sentinel:
		return e.Number == uint16(target)
	case familySentinel:
		return e.Family == string(target)
	}
	return false
}

// CodeRow is one row of the table of failures.
type CodeRow struct {
	// Name is the dotted name, family.reason.
	Name     string
	Number   uint16
	Family   string
	Retry    string
	Sentence string
	Remedy   string
	// Err and FamilyErr are what errors.Is compares with.
	Err       error
	FamilyErr error
}

// Codes is the table of failures, in order of number.
func Codes() []CodeRow {
	rows := make([]CodeRow, 0, len(codes))
	for number, row := range codes {
		rows = append(rows, CodeRow{
			row.name, number, row.family, row.retry, row.sentence, row.remedy,
			sentinel(number), familySentinel(row.family),
		})
	}
	slices.SortFunc(rows, func(a, b CodeRow) int { return int(a.Number) - int(b.Number) })
	return rows
}

type code struct{ name, family, retry, sentence, remedy string }

type sentinel uint16

func (s sentinel) Error() string { return codes[uint16(s)].name }

type familySentinel string

func (s familySentinel) Error() string { return string(s) }

func newError(number sentinel, detail string) *Error {
	row := codes[uint16(number)]
	message := row.sentence
	if detail != "" {
		message += ": " + detail
	}
	return &Error{
		Code: row.name, Number: uint16(number), Family: row.family, Retry: row.retry,
		Message: message, Detail: detail, Remedy: row.remedy,
	}
}

// serverError is the error reply of a server, which the core has given its code.
func serverError(number uint16, text string) *Error {
	return newError(sentinel(number), strings.ToValidUTF8(text, "�"))
}

func parseError(document []byte) *Error {
	failure := new(Error)
	if err := json.Unmarshal(document, failure); err != nil {
		return newError(internalBug, err.Error())
	}
	return failure
}

// contextError tells that the caller's context ended before the reply came.
func contextError(cause error, sent bool) *Error {
	number := clientCancelled
	if errors.Is(cause, context.DeadlineExceeded) {
		number = clientTimeout
	}
	failure := newError(number, cause.Error())
	failure.MaybeExecuted = sent
	failure.cause = cause
	return failure
}

// Codes that this package gives by itself.
const (
	configConflict     sentinel = 103
	netDNS             sentinel = 601
	netRefused         sentinel = 602
	netUnreachable     sentinel = 603
	netTimeout         sentinel = 604
	netClosed          sentinel = 605
	protocolMalformed  sentinel = 701
	clientTimeout      sentinel = 901
	clientClosed       sentinel = 904
	clientMisuse       sentinel = 905
	clientCancelled    sentinel = 906
	clientWatchChanged sentinel = 908
	internalBug        sentinel = 1001
)
