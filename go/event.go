package redlatch

import (
	"encoding/json"
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
	closed  bool
}

func (e *events) init() { e.channel = make(chan Event, eventsKept) }

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
	for !e.closed {
		select {
		case e.channel <- event:
			return
		default:
		}
		select {
		case <-e.channel:
		default:
		}
	}
}

func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	close(e.channel)
}

const eventsKept = 256
