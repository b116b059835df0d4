// Package lab runs a real redis-server with TLS, a password and throw-away CAs, for tests.
package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Lab ends with its test.
type Lab struct {
	t    testing.TB
	Dir  string
	Host string `json:"host"`
	Port int    `json:"port"`
	// Password is the one at the start.
	Password     string `json:"password"`
	CAFile       string `json:"ca_file"`
	PasswordFile string `json:"password_file"`
}

// Start starts a lab.
func Start(t testing.TB) *Lab {
	t.Helper()
	l, end, err := Up(filepath.Join(t.TempDir(), "lab"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	l.t = t
	return l
}

// Up starts a lab in a new folder; end ends it.
func Up(dir string) (l *Lab, end func(), err error) {
	command := exec.Command(program(), "lab", "up", "--until-eof", "--dir", dir)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	end = func() {
		input.Close()
		command.Wait()
	}
	if line, _ := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		end()
		return nil, nil, fmt.Errorf("the lab did not start: %q", line)
	}
	go io.Copy(io.Discard, output)
	facts, err := os.ReadFile(filepath.Join(dir, "lab.json"))
	l = &Lab{Dir: dir}
	if err == nil {
		err = json.Unmarshal(facts, l)
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return l, end, nil
}

// program is the command that was built last: its path in the environment, or beside the sources.
func program() string {
	if path := os.Getenv("REDLATCH_CLI"); path != "" {
		return path
	}
	folder, _ := os.Getwd()
	for range 5 {
		path := filepath.Join(folder, "target", "fast", "redlatch")
		if _, err := os.Stat(path); err == nil {
			return path
		}
		folder = filepath.Dir(folder)
	}
	return "redlatch"
}

// Addr is host:port.
func (l *Lab) Addr() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// Run asks the lab for something and returns what it printed.
func (l *Lab) Run(verb ...string) string {
	l.t.Helper()
	output, err := exec.Command(program(), append(append([]string{"lab"}, verb...), "--dir", l.Dir)...).CombinedOutput()
	if err != nil {
		l.t.Fatalf("%v: %s", verb, output)
	}
	return string(output)
}

// Pause freezes the server and returns once it is frozen.
func (l *Lab) Pause(seconds string) {
	l.t.Helper()
	command := exec.Command(program(), "lab", "pause", seconds, "--dir", l.Dir)
	output, err := command.StdoutPipe()
	l.check(err)
	l.check(command.Start())
	l.t.Cleanup(func() { command.Wait() })
	_, err = bufio.NewReader(output).ReadString('\n')
	l.check(err)
}

func (l *Lab) check(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}
