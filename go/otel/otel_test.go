package otel_test

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	api "go.opentelemetry.io/otel/trace"

	redlatch "github.com/redlatch/redlatch/go"
	labs "github.com/redlatch/redlatch/go/internal/lab"
	"github.com/redlatch/redlatch/go/otel"
)

var ctx = context.Background()

func TestCommandsAreSpansAndDurations(t *testing.T) {
	lab := labs.Start(t)
	spans := tracetest.NewInMemoryExporter()
	tracers := trace.NewTracerProvider(trace.WithSyncer(spans))
	reader := metric.NewManualReader()
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	rdb := redlatch.NewClient(&redlatch.Options{
		Addr: lab.Addr(), PasswordFile: lab.PasswordFile, CAFile: lab.CAFile, DB: 3,
		Observer: otel.New(tracers, meters),
	})
	defer rdb.Close()

	around, parent := tracers.Tracer("test").Start(ctx, "request")
	check(t, rdb.Set(around, "secret-key", "secret-value", 0).Err())
	if rdb.LPush(ctx, "secret-key", "x").Err() == nil {
		t.Error("it is a list")
	}
	// That there is no value is no failure.
	_ = rdb.Get(ctx, "nothing").Err()
	_, err := rdb.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
		pipe.Incr(ctx, "n")
		pipe.Incr(ctx, "n")
		return nil
	})
	check(t, err)
	parent.End()

	found := map[string]tracetest.SpanStub{}
	for _, span := range spans.GetSpans() {
		found[span.Name] = span
		for _, told := range span.Attributes {
			if strings.Contains(told.Value.String(), "secret-") {
				t.Errorf("%v", told)
			}
		}
	}
	set := found["SET"]
	if set.SpanKind != api.SpanKindClient || set.Parent.SpanID() != parent.SpanContext().SpanID() {
		t.Errorf("%+v", set)
	}
	want := attribute.NewSet(
		attribute.String("db.system.name", "redis"), attribute.String("db.operation.name", "SET"),
		attribute.String("db.namespace", "3"),
		attribute.String("server.address", lab.Host), attribute.Int("server.port", lab.Port),
	)
	if got := attribute.NewSet(set.Attributes...); !got.Equals(&want) {
		t.Errorf("%v", set.Attributes)
	}
	push := attribute.NewSet(found["LPUSH"].Attributes...)
	if kind, _ := push.Value("error.type"); kind.AsString() != "server.wrong_type" || found["LPUSH"].Status.Code != codes.Error {
		t.Errorf("%+v", found["LPUSH"])
	}
	if found["GET"].Status.Code != codes.Unset {
		t.Errorf("%+v", found["GET"])
	}
	multi := attribute.NewSet(found["MULTI"].Attributes...)
	if size, _ := multi.Value("db.operation.batch.size"); size.AsInt64() != 2 {
		t.Errorf("%+v", found["MULTI"])
	}

	var data metricdata.ResourceMetrics
	check(t, reader.Collect(ctx, &data))
	told := data.ScopeMetrics[0].Metrics[0]
	histogram := told.Data.(metricdata.Histogram[float64])
	if told.Name != "db.client.operation.duration" || told.Unit != "s" || len(histogram.DataPoints) != 4 {
		t.Errorf("%+v", told)
	}
}

func TestNobodyListens(t *testing.T) {
	lab := labs.Start(t)
	rdb := redlatch.NewClient(&redlatch.Options{
		Addr: lab.Addr(), PasswordFile: lab.PasswordFile, CAFile: lab.CAFile, Observer: otel.New(nil, nil),
	})
	defer rdb.Close()
	check(t, rdb.Ping(ctx).Err())
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
