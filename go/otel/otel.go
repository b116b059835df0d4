// Package otel tells OpenTelemetry of the commands of redlatch's clients: a span for each command and
// pipeline, and their durations, by the conventions for databases. Arguments are never told.
//
//	rdb := redlatch.NewClient(&redlatch.Options{Addr: "10.0.0.3:6378", Observer: otel.New(nil, nil)})
package otel

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	redlatch "github.com/redlatch/redlatch/go"
)

const scope = "github.com/redlatch/redlatch/go"

// buckets are those of the conventions, in seconds.
var buckets = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}

type observer struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
}

// New makes an observer; a provider that is nil is the global one.
func New(tracers trace.TracerProvider, meters metric.MeterProvider) redlatch.Observer {
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	duration, err := meters.Meter(scope).Float64Histogram(
		"db.client.operation.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of database client operations."),
		metric.WithExplicitBucketBoundaries(buckets...),
	)
	if err != nil {
		// What comes with the error can be used, and records nothing.
		otel.Handle(err)
	}
	return &observer{tracers.Tracer(scope), duration}
}

func (o *observer) Begin(ctx context.Context, operation redlatch.Operation) func(error) {
	attributes := append(place(operation.Address),
		attribute.String("db.system.name", "redis"),
		attribute.String("db.operation.name", operation.Name),
		attribute.String("db.namespace", strconv.Itoa(operation.DB)),
	)
	told := attributes
	if operation.Size > 1 {
		told = append(attributes[:len(attributes):len(attributes)], attribute.Int("db.operation.batch.size", operation.Size))
	}
	_, span := o.tracer.Start(ctx, operation.Name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(told...))
	started := time.Now()
	return func(err error) {
		if err != nil {
			kind := attribute.String("error.type", kindOf(err))
			attributes = append(attributes, kind)
			span.SetAttributes(kind)
			span.SetStatus(codes.Error, "")
		}
		span.End()
		o.duration.Record(ctx, time.Since(started).Seconds(), metric.WithAttributes(attributes...))
	}
}

// place is a host and a port, or the path of a socket.
func place(address string) []attribute.KeyValue {
	host, text, err := net.SplitHostPort(address)
	port, notNumber := strconv.Atoi(text)
	if err != nil || notNumber != nil {
		return []attribute.KeyValue{attribute.String("server.address", address)}
	}
	return []attribute.KeyValue{attribute.String("server.address", host), attribute.Int("server.port", port)}
}

func kindOf(err error) string {
	var failure *redlatch.Error
	if errors.As(err, &failure) {
		return failure.Code
	}
	return "_OTHER"
}
