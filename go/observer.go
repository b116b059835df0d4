package redlatch

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// Observer hears of commands, for tracing and durations. The package otel, in a module of its own, has
// one for OpenTelemetry.
type Observer interface {
	// Begin tells that an operation begins. What it returns is called once, when it has ended, with why
	// it failed; Nil is no failure.
	Begin(ctx context.Context, operation Operation) (end func(err error))
}

// Operation is a command or a pipeline, without arguments.
type Operation struct {
	// Name of the command, or MULTI or PIPELINE.
	Name string
	// Size is how many commands a pipeline has; otherwise 1.
	Size int
	// Address of the server, host:port or the path of a socket, and the number of the database.
	Address string
	DB      int
}

// observer is an Observer with what does not change from one operation to the next.
type observer struct {
	Observer
	address string
	db      int
}

// observerOf is the last observer among options, for a client of this configuration.
func observerOf(layers []*Options, config []byte) *observer {
	var found *observer
	for _, layer := range layers {
		if layer.Observer != nil {
			found = &observer{Observer: layer.Observer}
		}
	}
	if found != nil {
		var place struct {
			Address string `json:"address"`
			DB      int    `json:"db"`
		}
		// The core's own document is JSON.
		_ = json.Unmarshal(config, &place)
		found.address, found.db = place.Address, place.DB
	}
	return found
}

func (o *observer) begin(ctx context.Context, name string, size int) func(error) {
	end := o.Begin(ctx, Operation{Name: name, Size: size, Address: o.address, DB: o.db})
	return func(err error) {
		if errors.Is(err, Nil) {
			err = nil
		}
		end(err)
	}
}

// operationName is that of a command, which is packed already or the first word.
func operationName(head string, args []string) string {
	if head == "" {
		return strings.ToUpper(args[0])
	}
	if parts := strings.SplitN(head, "\r\n", 4); len(parts) == 4 {
		return strings.ToUpper(parts[2])
	}
	return ""
}
