package redlatch

import (
	"context"
	"encoding/json"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Examination is what Doctor examines.
type Examination struct {
	// Options are those of the client that cannot connect.
	Options *Options
	// FromEnv tells that the environment counts too, as for the function FromEnv.
	FromEnv bool
	// ReadOnly tells that the server need not take writes.
	ReadOnly bool
}

// Report is what an examination found. No secret is in it.
type Report struct {
	// OK tells that all is well, but for the warnings.
	OK bool `json:"ok"`
	// Code of the failure, or empty: one of the table of errors.
	Code string `json:"code"`
	// Stage that failed, or empty.
	Stage string `json:"stage"`
	// Message tells what is wrong, or is empty.
	Message string `json:"message"`
	// Remedy is what to do, in words that fit where this runs; or empty.
	Remedy string `json:"remedy"`
	// Evidence is what was seen in the stage that failed.
	Evidence map[string]any `json:"evidence"`
	// Address of the server; empty if the settings could not be read.
	Address string `json:"address"`
	// Place is kubernetes, compose, container, systemd or host.
	Place string `json:"place"`
	// Service is memorystore, elasticache, azure or own.
	Service string `json:"service"`
	// Warnings tell what works, but should not stay as it is.
	Warnings []string `json:"warnings"`
	// Stages are config, materials, dns, tcp, tls, chain, name, client_certificate, auth, server and
	// latency, in this order.
	Stages []ReportStage `json:"stages"`
}

// ReportStage is one step of an examination.
type ReportStage struct {
	Stage string `json:"stage"`
	// Status is ok, skipped, failed or not_reached.
	Status string `json:"status"`
	// Code is set if it failed.
	Code string `json:"code"`
	// Reason tells why it failed or was skipped.
	Reason string `json:"reason"`
	// Evidence is what was seen.
	Evidence map[string]any `json:"evidence"`
	// Milliseconds it took.
	Milliseconds float64 `json:"ms"`
}

// Doctor finds out step by step why a client of these options cannot connect, or that it can. Whatever
// it finds is in the report; an error is that of the context, or of options that contradict each
// other in Go. Providers are asked once, before. It blocks a thread for as long as the options allow
// each step, and shares nothing with clients.
func Doctor(ctx context.Context, examination Examination) (*Report, error) {
	options := examination.Options
	if options == nil {
		options = &Options{}
	}
	settings, asked, err := merge([]*Options{options})
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(settings)
	if err != nil {
		return nil, newError(internalBug, err.Error())
	}
	batch := core.NewBatch()
	defer batch.Free()
	doctor, made := core.NewDoctor(batch, document, examination.FromEnv, examination.ReadOnly)
	if doctor == nil {
		record, _ := core.Next(made.Outcomes())
		return nil, parseError(record.Body)
	}
	defer doctor.Free()
	for material := range asked {
		asked.ask(ctx, nil, material, func(parts [][]byte, err error) {
			if err != nil {
				doctor.ProvideFailed(batch, material, err.Error())
			} else {
				doctor.Provide(batch, material, pack(parts))
			}
		})
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		doctor.Cancel()
		close(done)
	})
	view := doctor.Examine(batch)
	if !stop() {
		// It is using the doctor.
		<-done
		return nil, context.Cause(ctx)
	}
	record, _ := core.Next(view.Outcomes())
	if record.Kind == core.Fault {
		return nil, parseError(record.Body)
	}
	report := new(Report)
	if err := json.Unmarshal(record.Body, report); err != nil {
		return nil, newError(internalBug, err.Error())
	}
	return report, nil
}
