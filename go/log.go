package redlatch

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// journal writes events to a log, from a goroutine of its own: a handler may take its time, or use
// this very client. One that is too slow misses the oldest.
type journal struct {
	logger *slog.Logger
	waits  chan Event
	done   chan struct{}
}

func newJournal(logger *slog.Logger) *journal {
	j := &journal{logger, make(chan Event, eventsKept), make(chan struct{})}
	go j.write()
	return j
}

func (j *journal) write() {
	defer close(j.done)
	ctx := context.Background()
	for event := range j.waits {
		level := severity(event.Kind)
		if !j.logger.Enabled(ctx, level) {
			continue
		}
		record := slog.NewRecord(event.At, level, "redlatch: "+event.Kind, 0)
		names := make([]string, 0, len(event.Fields))
		for name := range event.Fields {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			record.AddAttrs(slog.String(name, event.Fields[name]))
		}
		// There is nobody to tell that a log cannot be written.
		_ = j.logger.Handler().Handle(ctx, record)
	}
}

// end waits a moment for what is left to be written.
func (j *journal) end() {
	close(j.waits)
	select {
	case <-j.done:
	case <-time.After(farewell):
	}
}

// severity is Error for what keeps commands from running, Warn for what somebody should look at, and
// Info for what is as it should be.
func severity(kind string) slog.Level {
	switch kind {
	case EventFailing:
		return slog.LevelError
	case EventConnected, EventDisconnected, EventRotation, EventReplaced, EventReauthenticated:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
