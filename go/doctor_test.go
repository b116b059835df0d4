package redlatch_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func TestDoctorFindsNothing(t *testing.T) {
	l := startLab(t)
	report, err := redlatch.Doctor(ctx, redlatch.Examination{Options: l.options()})
	check(t, err)
	if !report.OK || report.Code != "" || len(report.Stages) != 11 {
		t.Fatalf("%+v", report)
	}
	for _, stage := range report.Stages {
		if stage.Status != "ok" {
			t.Errorf("%+v", stage)
		}
	}
}

func TestDoctorNamesTheCause(t *testing.T) {
	l := startLab(t)
	options := l.options()
	options.ExpectedName = "cache.example"
	report, err := redlatch.Doctor(ctx, redlatch.Examination{Options: options})
	check(t, err)
	if report.OK || report.Code != "tls.name_mismatch" || report.Stage != "name" {
		t.Fatalf("%+v", report)
	}
	if !strings.Contains(report.Remedy, "cache.example") || report.Evidence["expected"] != "cache.example" {
		t.Errorf("%q %v", report.Remedy, report.Evidence)
	}
}

func TestDoctorAsksProviders(t *testing.T) {
	l := startLab(t)
	options := l.options()
	options.PasswordFile = ""
	given := l.Password
	options.Credentials = func(context.Context) (redlatch.Credentials, error) {
		return redlatch.Credentials{Secret: given}, nil
	}
	report, err := redlatch.Doctor(ctx, redlatch.Examination{Options: options})
	check(t, err)
	if !report.OK {
		t.Errorf("%+v", report)
	}
	options.Credentials = func(context.Context) (redlatch.Credentials, error) {
		return redlatch.Credentials{}, errors.New("the vault is sealed")
	}
	report, err = redlatch.Doctor(ctx, redlatch.Examination{Options: options})
	check(t, err)
	if report.Code != "auth.unavailable" || !strings.Contains(report.Message, "sealed") {
		t.Errorf("%+v", report)
	}
}

// A server that takes connections and says nothing would hold it up for the time of a handshake.
func TestDoctorIsCancelled(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer listener.Close()
	cancellable, cancel := context.WithCancel(ctx)
	go func() {
		for greeted := make([]byte, 1); ; {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			// The first connection only shows that there is somebody.
			if _, err := conn.Read(greeted); err == nil {
				cancel()
			}
		}
	}()
	options := &redlatch.Options{Addr: listener.Addr().String(), TLS: redlatch.TLSOn, HandshakeTimeout: time.Hour}
	if report, err := redlatch.Doctor(cancellable, redlatch.Examination{Options: options}); err != context.Canceled {
		t.Errorf("%+v %v", report, err)
	}
}

func TestDoctorReadsTheEnvironment(t *testing.T) {
	t.Setenv("REDIS_HOST", "127.0.0.1")
	t.Setenv("REDIS_PORT", "many")
	report, err := redlatch.Doctor(ctx, redlatch.Examination{FromEnv: true})
	check(t, err)
	if report.Code != "config.invalid" || report.Stage != "config" {
		t.Errorf("%+v", report)
	}
	os.Unsetenv("REDIS_PORT")
}
