package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"

	redlatch "github.com/redlatch/redlatch/go"
)

// lab is a real redis-server with TLS, a password and throw-away CAs.
type lab struct {
	Host         string `json:"host"`
	Port         int    `json:"port"`
	CAFile       string `json:"ca_file"`
	PasswordFile string `json:"password_file"`

	dir     string
	command *exec.Cmd
	input   io.Closer
}

func startLab() *lab {
	dir, err := os.MkdirTemp("", "redlatch-go-redis")
	check(err)
	l := &lab{dir: dir}
	program := os.Getenv("REDLATCH_CLI")
	if program == "" {
		program = "../../../target/fast/redlatch"
	}
	l.command = exec.Command(program, "lab", "up", "--until-eof", "--dir", filepath.Join(dir, "lab"))
	l.command.Stderr = os.Stderr
	l.input, err = l.command.StdinPipe()
	check(err)
	output, err := l.command.StdoutPipe()
	check(err)
	check(l.command.Start())
	if line, _ := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		check(fmt.Errorf("the lab did not start: %q", line))
	}
	go io.Copy(io.Discard, output)
	facts, err := os.ReadFile(filepath.Join(dir, "lab", "lab.json"))
	check(err)
	check(json.Unmarshal(facts, l))
	return l
}

func (l *lab) stop() {
	l.input.Close()
	l.command.Wait()
	os.RemoveAll(l.dir)
}

func (l *lab) addr() string { return fmt.Sprint(l.Host, ":", l.Port) }

func (l *lab) theirs(protocol int) *redis.Client {
	secret, err := os.ReadFile(l.PasswordFile)
	check(err)
	pem, err := os.ReadFile(l.CAFile)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return redis.NewClient(&redis.Options{
		Addr: l.addr(), Password: strings.TrimSpace(string(secret)), DB: 1, Protocol: protocol, PoolSize: 1,
		TLSConfig: &tls.Config{RootCAs: roots, ServerName: l.Host}, ClientName: "pair",
	})
}

func (l *lab) ours(protocol int) *redlatch.Client {
	client, err := redlatch.Open(&redlatch.Options{
		Addr: l.addr(), PasswordFile: l.PasswordFile, CAFile: l.CAFile, DB: 2, Protocol: protocol, ClientName: "pair",
	})
	check(err)
	return client
}
