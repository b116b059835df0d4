package redlatch

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
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
	mu sync.Mutex
	// Nil until somebody listens, which most programs never do.
	channel chan Event
	// As the core told them, until then.
	unread [][]byte
	// A log that gets them as well; may be nil.
	journal *journal
	closed  bool
}

func (e *events) init(logger *slog.Logger) {
	if logger != nil {
		e.journal = newJournal(logger)
	}
}

// listen is what a reader gets: the latest events, and those to come.
func (e *events) listen() <-chan Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.channel == nil {
		e.channel = make(chan Event, eventsKept)
		for _, document := range e.unread {
			if event, ok := parseEvent(document); ok {
				keep(e.channel, event)
			}
		}
		e.unread = nil
		if e.closed {
			close(e.channel)
		}
	}
	return e.channel
}

func (e *events) publish(document []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if e.channel == nil {
		if len(e.unread) == eventsKept {
			e.unread = slices.Delete(e.unread, 0, 1)
		}
		e.unread = append(e.unread, bytes.Clone(document))
		if e.journal == nil {
			return
		}
	}
	event, ok := parseEvent(document)
	if !ok {
		return
	}
	if e.channel != nil {
		keep(e.channel, event)
	}
	if e.journal != nil {
		keep(e.journal.waits, event)
	}
}

func parseEvent(document []byte) (Event, bool) {
	var fields map[string]any
	if json.Unmarshal(document, &fields) != nil {
		return Event{}, false
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
	return event, true
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
	if e.channel != nil {
		close(e.channel)
	}
	e.mu.Unlock()
	if e.journal != nil {
		e.journal.end()
	}
}

const eventsKept = 256
