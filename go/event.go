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
	// Kind is connected, disconnected, reconnecting, rotation, rejected, expired,
	// distrusted, replaced, reauthenticated, reauth_failed, failing, warning or danger.
	Kind string
	// Fields are named facts.
	Fields map[string]string
}

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
