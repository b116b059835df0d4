package redlatch

import (
	"encoding/json"
	"log/slog"
	"sync"
	"time"
)

// Event is something that happened: a connection, a rotation, a refused bundle.
type Event struct {
	// At is the wall clock's time.
	At time.Time
	// Kind is one of the constants below.
	Kind string
	// Fields are named facts.
	Fields map[string]string
}

// What an event tells.
const (
	// EventConnected: a connection is ready for commands.
	EventConnected = "connected"
	// EventDisconnected: a connection ended; the fields say why.
	EventDisconnected = "disconnected"
	// EventReconnecting: no connection is up; another attempt follows after delay_ms.
	EventReconnecting = "reconnecting"
	// EventRotation: a material has a new generation.
	EventRotation = "rotation"
	// EventRejected: new content of a material was refused; what was good stays.
	EventRejected = "rejected"
	// EventExpiring: a CA, the client certificate or a revocation list nears its end, at 30, 7 and 1
	// day.
	EventExpiring = "expiring"
	// EventExpired: a CA ended while loaded.
	EventExpired = "expired"
	// EventDistrusted: a live connection's server is no longer trusted; it is being replaced.
	EventDistrusted = "distrusted"
	// EventGap: a connection of subscriptions was lost: messages may have been, too.
	EventGap = "gap"
	// EventReplaced: a connection took over from a live one.
	EventReplaced = "replaced"
	// EventReauthenticated: a live connection proved a new secret.
	EventReauthenticated = "reauthenticated"
	// EventReauthFailed: it could not; it stays and tries again.
	EventReauthFailed = "reauth_failed"
	// EventFailing: commands fail at once until a material changes.
	EventFailing = "failing"
	// EventWarning: a setting was corrected or looks like a mistake.
	EventWarning = "warning"
	// EventDanger: a setting weakens security.
	EventDanger = "danger"
)

// events keeps the latest for whoever reads them.
type events struct {
	mu      sync.Mutex
	channel chan Event
	// A log that gets them as well; may be nil.
	journal *journal
	closed  bool
}

func (e *events) init(logger *slog.Logger) {
	e.channel = make(chan Event, eventsKept)
	if logger != nil {
		e.journal = newJournal(logger)
	}
}

func (e *events) publish(document []byte) {
	var fields map[string]any
	if json.Unmarshal(document, &fields) != nil {
		return
	}
	event := Event{Fields: make(map[string]string, len(fields))}
	for name, value := range fields {
		switch value := value.(type) {
		case float64:
			event.At = time.UnixMicro(int64(value * 1e6))
		case string:
			if name == "kind" {
				event.Kind = value
			} else {
				event.Fields[name] = value
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	keep(e.channel, event)
	if e.journal != nil {
		keep(e.journal.waits, event)
	}
}

// keep makes room for the latest. Nobody else sends on the channel.
func keep(channel chan Event, event Event) {
	for {
		select {
		case channel <- event:
			return
		default:
		}
		select {
		case <-channel:
		default:
		}
	}
}

func (e *events) close() {
	e.mu.Lock()
	e.closed = true
	close(e.channel)
	e.mu.Unlock()
	if e.journal != nil {
		e.journal.end()
	}
}

const eventsKept = 256
