package redlatch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Health tells whether a client can serve.
type Health struct {
	// OK is readiness: the server answers, is trusted, has let us in, and takes writes if it has to.
	OK bool `json:"ok"`
	// Live is liveness: the client is neither closed nor broken, whatever becomes of the server.
	Live bool `json:"live"`
	// Alive tells whether the server answered in time.
	Alive *bool `json:"alive"`
	// Authenticated and Writable are nil if that cannot be said, as Writable if the user may not run INFO.
	Authenticated *bool `json:"authenticated"`
	Writable      *bool `json:"writable"`
	// Role is primary or replica, or empty.
	Role string `json:"role"`
	// Trust is ok, warning, failing, or off without TLS.
	Trust string `json:"trust"`
	// Code, Text and Remedy are those of the first problem, or empty.
	Code   string `json:"code"`
	Text   string `json:"text"`
	Remedy string `json:"remedy"`
	// Problems are all of them, what fails first.
	Problems []HealthProblem `json:"problems"`
	// Seconds is how long the server took to answer.
	Seconds float64 `json:"seconds"`
	// State and Address are those of Status.
	State   string `json:"state"`
	Address string `json:"address"`
}

// HealthProblem is something to be mended, now or soon.
type HealthProblem struct {
	// Severity is failing or warning: a CA that ends soon, say. Warnings leave a client ready.
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Text     string `json:"text"`
	Remedy   string `json:"remedy"`
}

// HealthOption changes what makes a client ready.
type HealthOption uint8

// ReadOnly tells that a replica that takes no writes is good enough.
const ReadOnly HealthOption = 1

// Health asks the server how it is, for probes. A server that is away is no error, but a problem. It
// waits until the context ends, or 0.9 s if that has no deadline: a probe of Kubernetes has one second.
func (c *Client) Health(ctx context.Context, options ...HealthOption) Health {
	readOnly := false
	for _, option := range options {
		readOnly = readOnly || option == ReadOnly
	}
	plan := healthPlan()
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, time.Duration(plan.LimitMS)*time.Millisecond)
		defer cancel()
		ctx = limited
	}
	started := time.Now()
	outcome := &healthOutcome{}
	if c.err != nil {
		outcome.fail(c.err)
	} else {
		var packed []byte
		for _, command := range plan.Commands {
			packed = appendCommand(packed, "", command)
		}
		c.exchange(ctx, outcome, len(plan.Commands), packed)
	}
	outcome.Seconds = time.Since(started).Seconds()
	document, err := json.Marshal(outcome)
	health := Health{}
	if err == nil {
		body := stateless(func(batch *core.Batch) core.View {
			return core.JudgeHealth(batch, c.statusDocument(), document, readOnly)
		})
		err = json.Unmarshal(body, &health)
	}
	if err != nil {
		health = Health{Code: "internal.bug", Text: err.Error()}
	}
	return health
}

// Metrics are those of the client in Prometheus's text format; see also the function Metrics.
func (c *Client) Metrics() string { return Metrics(c) }

// Metrics are those of several clients in Prometheus's text format, told apart by Options.ClientName or
// the address.
func Metrics(clients ...*Client) string {
	statuses := make([][]byte, len(clients))
	for at, client := range clients {
		statuses[at] = client.statusDocument()
	}
	document := append([]byte{'['}, append(bytes.Join(statuses, []byte{','}), ']')...)
	return string(stateless(func(batch *core.Batch) core.View { return core.ExposeMetrics(batch, document) }))
}

// MetricsContentType is what an HTTP server says of Metrics.
const MetricsContentType = "text/plain; version=0.0.4; charset=utf-8"

// statusDocument is the core's own as long as there is a core.
func (c *Client) statusDocument() []byte {
	if c.engine != nil {
		document := c.engine.ask(func(client *core.Client, batch *core.Batch) core.View { return client.Status(batch) })
		if document != nil {
			return document
		}
	}
	document, err := json.Marshal(c.Status())
	if err != nil {
		return []byte("{}")
	}
	return document
}

// stateless asks the core for what needs no client.
func stateless(call func(*core.Batch) core.View) []byte {
	batch := core.NewBatch()
	defer batch.Free()
	record, _ := first(call(batch), core.Text)
	return append([]byte(nil), record.Body...)
}

var healthPlan = sync.OnceValue(func() (plan struct {
	Commands [][]string `json:"commands"`
	LimitMS  int64      `json:"limit_ms"`
}) {
	// The core's own document is JSON.
	_ = json.Unmarshal(stateless(core.HealthPlan), &plan)
	return plan
})

// healthOutcome is what became of the commands, as the core judges it.
type healthOutcome struct {
	Seconds float64       `json:"seconds"`
	Replies []healthReply `json:"replies,omitempty"`
	healthReply
}

type healthReply struct {
	Text    *string `json:"text,omitempty"`
	Code    string  `json:"code,omitempty"`
	Message string  `json:"message,omitempty"`
}

func (o *healthOutcome) receive(tokens []byte) {
	said, err := text(tokens)
	if err != nil {
		o.Replies = append(o.Replies, healthFailure(err))
		return
	}
	o.Replies = append(o.Replies, healthReply{Text: &said})
}

func (o *healthOutcome) fail(err error) { o.healthReply = healthFailure(err) }

func healthFailure(err error) healthReply {
	var failure *Error
	if errors.As(err, &failure) {
		return healthReply{Code: failure.Code, Message: failure.Message}
	}
	return healthReply{Code: "internal.bug", Message: err.Error()}
}
