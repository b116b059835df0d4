package redlatch

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

func table(t *testing.T, ask func(*core.Batch) core.View, rows any) {
	t.Helper()
	batch := core.NewBatch()
	defer batch.Free()
	record, _ := core.Next(ask(batch).Outcomes())
	if err := json.Unmarshal(record.Body, rows); err != nil {
		t.Fatal(err)
	}
}

// Run `go generate` when this fails.
func TestCodesAreThoseOfTheCore(t *testing.T) {
	var rows []struct {
		Code, Family, Retry, Sentence, Remedy string
		Number                                uint16
	}
	table(t, core.Codes, &rows)
	if len(rows) == 0 || len(rows) != len(codes) {
		t.Fatalf("%d codes, not %d", len(codes), len(rows))
	}
	for _, row := range rows {
		if codes[row.Number] != (code{row.Code, row.Family, row.Retry, row.Sentence, row.Remedy}) {
			t.Errorf("%s differs: %+v", row.Code, codes[row.Number])
		}
		made := newError(sentinel(row.Number), "")
		if !errors.Is(made, sentinel(row.Number)) || !errors.Is(made, familySentinel(row.Family)) || errors.Is(made, sentinel(1)) {
			t.Errorf("%s is not itself", row.Code)
		}
	}
	for number, name := range map[sentinel]string{
		configConflict: "config.conflict", netDNS: "net.dns", netRefused: "net.refused", netUnreachable: "net.unreachable",
		netTimeout: "net.timeout", netClosed: "net.closed", clientTimeout: "client.timeout",
		clientClosed: "client.closed", clientMisuse: "client.misuse",
		clientCancelled: "client.cancelled", clientWatchChanged: "client.watch_changed",
		protocolMalformed: "protocol.malformed", internalBug: "internal.bug",
	} {
		if number.Error() != name {
			t.Errorf("%d is %s, not %s", number, number, name)
		}
	}
}

func TestEverySettingHasAnOption(t *testing.T) {
	options := Options{Addr: "host:1"}
	value := reflect.ValueOf(&options).Elem()
	for at := range value.NumField() {
		switch field := value.Field(at); field.Kind() {
		case reflect.String:
			if field.IsZero() && value.Type().Field(at).Name != "Network" {
				field.SetString("x")
			}
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Slice:
			field.Set(reflect.ValueOf([]string{"x"}))
		case reflect.Pointer, reflect.Interface:
			// Logger and observer are not the core's affair.
		case reflect.Func:
			field.Set(reflect.MakeFunc(field.Type(), nil))
		default:
			field.SetInt(int64(time.Second))
		}
	}
	settings := options.settings()
	options.Network = "unix"
	for name, value := range options.settings() {
		settings[name] = value
	}
	var rows []struct{ Name string }
	table(t, core.Settings, &rows)
	known := map[string]bool{}
	for _, row := range rows {
		known[row.Name] = true
		if _, set := settings[row.Name]; !set {
			t.Errorf("no option for %s", row.Name)
		}
	}
	for name := range settings {
		if !known[name] {
			t.Errorf("%s is no setting", name)
		}
	}
}
