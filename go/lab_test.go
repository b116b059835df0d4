package redlatch_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

var ctx = context.Background()

// lab is a real redis-server with TLS, a password and throw-away CAs.
type lab struct {
	t    testing.TB
	dir  string
	Host string `json:"host"`
	Port int    `json:"port"`
	// The password at the start.
	Password     string `json:"password"`
	CAFile       string `json:"ca_file"`
	PasswordFile string `json:"password_file"`
}

func program() string {
	if path := os.Getenv("REDLATCH_CLI"); path != "" {
		return path
	}
	path, _ := filepath.Abs("../target/fast/redlatch")
	return path
}

func startLab(t testing.TB) *lab {
	t.Helper()
	l := &lab{t: t, dir: filepath.Join(t.TempDir(), "lab")}
	command := exec.Command(program(), "lab", "up", "--until-eof", "--dir", l.dir)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	check(t, err)
	output, err := command.StdoutPipe()
	check(t, err)
	check(t, command.Start())
	t.Cleanup(func() {
		input.Close()
		command.Wait()
	})
	if line, _ := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the lab did not start: %q", line)
	}
	go io.Copy(io.Discard, output)
	facts, err := os.ReadFile(filepath.Join(l.dir, "lab.json"))
	check(t, err)
	check(t, json.Unmarshal(facts, l))
	return l
}

// run asks the lab for something and returns what it printed.
func (l *lab) run(verb ...string) string {
	l.t.Helper()
	output, err := exec.Command(program(), append(append([]string{"lab"}, verb...), "--dir", l.dir)...).CombinedOutput()
	if err != nil {
		l.t.Fatalf("%v: %s", verb, output)
	}
	return string(output)
}

// pause freezes the server and returns once it is frozen.
func (l *lab) pause(seconds string) {
	l.t.Helper()
	command := exec.Command(program(), "lab", "pause", seconds, "--dir", l.dir)
	output, err := command.StdoutPipe()
	check(l.t, err)
	check(l.t, command.Start())
	l.t.Cleanup(func() { command.Wait() })
	_, err = bufio.NewReader(output).ReadString('\n')
	check(l.t, err)
}

// options suit the lab; files are looked at ten times a second.
func (l *lab) options() *redlatch.Options {
	return &redlatch.Options{
		Addr: l.addr(), PasswordFile: l.PasswordFile, CAFile: l.CAFile, PollInterval: 100 * time.Millisecond,
	}
}

func (l *lab) addr() string { return l.Host + ":" + itoa(l.Port) }

func (l *lab) client(change ...func(*redlatch.Options)) *redlatch.Client {
	l.t.Helper()
	options := l.options()
	for _, change := range change {
		change(options)
	}
	client, err := redlatch.Open(options)
	check(l.t, err)
	l.t.Cleanup(func() { client.Close() })
	return client
}

// environment is what the lab's env file exports.
func (l *lab) environment() map[string]string {
	text, err := os.ReadFile(filepath.Join(l.dir, "env"))
	check(l.t, err)
	variables := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "="); found {
			variables[name] = strings.Trim(value, "'")
		}
	}
	return variables
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

// failure checks that an error is of a kind and takes it apart.
func failure(t testing.TB, err, kind error) *redlatch.Error {
	t.Helper()
	var failure *redlatch.Error
	if !errors.Is(err, kind) || !errors.As(err, &failure) {
		t.Fatalf("got %v, not %v", err, kind)
	}
	return failure
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, not %v", got, want)
	}
}

func contains(t testing.TB, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Fatalf("%q is not in %q", part, text)
	}
}
