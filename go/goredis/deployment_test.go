package goredis_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	redlatch "github.com/redlatch/redlatch/go"
	"github.com/redlatch/redlatch/go/internal/lab"
)

// deployment is some servers with certificates of a lab's CAs. They end with their test.
type deployment struct {
	*lab.Lab
	t *testing.T
	// Servers whose certificates are replaced while they run.
	nodes []*node
	// It must be restarted for that.
	sentinel *node
}

// node is one redis-server.
type node struct {
	t      *testing.T
	folder string
	port   int
	addr   string
	mode   []string
	// Not by TLS.
	admin *redis.Client
	end   func()
}

func deploy(t *testing.T) *deployment {
	return &deployment{Lab: lab.Start(t), t: t}
}

// node is a server that does not run yet.
func (d *deployment) node(password string, settings ...string) *node {
	d.t.Helper()
	// A Unix socket's path is short.
	folder, err := os.MkdirTemp("", "redlatch")
	check(d.t, err)
	d.t.Cleanup(func() { os.RemoveAll(folder) })
	n := &node{t: d.t, folder: folder, port: freePort(d.t), end: func() {}}
	n.addr = fmt.Sprint("127.0.0.1:", n.port)
	socket := filepath.Join(folder, "socket")
	settings = append([]string{
		"port 0", "bind 127.0.0.1", fmt.Sprint("tls-port ", n.port), "tls-auth-clients no",
		"tls-replication yes", "tls-ca-cert-file " + d.CAFile, "unixsocket " + socket, "dir " + folder, `save ""`,
		"requirepass " + password,
	}, settings...)
	check(d.t, os.WriteFile(n.file("conf"), []byte(strings.Join(settings, "\n")+"\n"), 0o600))
	n.admin = redis.NewClient(&redis.Options{Network: "unix", Addr: socket, Password: password})
	d.t.Cleanup(func() { n.admin.Close() })
	d.t.Cleanup(func() { n.end() })
	return n
}

// start starts a server that has the password of clients.
func (d *deployment) start(settings ...string) *node {
	d.t.Helper()
	n := d.node(d.Password, append(settings, "masterauth "+d.Password)...)
	n.run(d.leaf()...)
	d.nodes = append(d.nodes, n)
	return n
}

func (n *node) file(name string) string { return filepath.Join(n.folder, name) }

// run starts the process, with what comes after its settings, and returns once it answers.
func (n *node) run(args ...string) {
	n.t.Helper()
	log, err := os.Create(n.file("log"))
	check(n.t, err)
	defer log.Close()
	// It ends with its standard input: with a test that dies, too.
	guard := []string{"-c", `"$@" & read -r _; kill -9 $!; wait $!`, "sh", "redis-server", n.file("conf")}
	command := exec.Command("sh", append(append(guard, n.mode...), args...)...)
	command.Stdout, command.Stderr = log, log
	input, err := command.StdinPipe()
	check(n.t, err)
	check(n.t, command.Start())
	n.end = func() {
		input.Close()
		command.Wait()
	}
	if !soon(func() bool {
		_, err := os.Stat(n.file("socket"))
		return err == nil && n.admin.Ping(ctx).Err() == nil
	}) {
		text, _ := os.ReadFile(n.file("log"))
		n.t.Fatalf("redis-server does not answer: %s", text)
	}
}

// leaf is how a server is told its newest certificate.
func (d *deployment) leaf() []string {
	d.t.Helper()
	leaves, err := filepath.Glob(filepath.Join(d.Dir, "pki", "leaf-*.pem"))
	check(d.t, err)
	certificate := leaves[len(leaves)-1]
	return []string{"--tls-cert-file", certificate, "--tls-key-file", strings.TrimSuffix(certificate, "pem") + "key"}
}

// set has all servers read files again, by CONFIG SET.
func (d *deployment) set(args ...string) {
	d.t.Helper()
	words := []any{"CONFIG", "SET"}
	for _, arg := range args {
		words = append(words, strings.TrimPrefix(arg, "--"))
	}
	for _, n := range d.nodes {
		check(d.t, n.admin.Do(ctx, words...).Err())
	}
}

// rotate replaces the CA of clients and servers, in the order in which nobody is ever refused.
func (d *deployment) rotate(between func()) {
	d.t.Helper()
	d.Run("add-ca")
	d.set("tls-ca-cert-file", d.CAFile)
	between()
	d.Run("switch-leaf")
	if d.sentinel != nil {
		// First: from now on it trusts what the others will present.
		d.sentinel.end()
		d.sentinel.run(d.leaf()...)
	}
	d.set(d.leaf()...)
	between()
	d.Run("drop-ca")
	d.set("tls-ca-cert-file", d.CAFile)
	between()
}

// onlyTrusted waits until no connection on a CA that was removed is left, and these servers have one.
func (d *deployment) onlyTrusted(dialer *redlatch.Dialer, servers ...*node) {
	d.t.Helper()
	if !soon(func() bool {
		connected := map[string]bool{}
		for _, status := range dialer.Status() {
			for _, session := range status.Sessions {
				if session.Distrusted != "" {
					return false
				}
				connected[status.Address] = true
			}
		}
		for _, n := range servers {
			if !connected[n.addr] {
				return false
			}
		}
		return true
	}) {
		d.t.Fatal("there is a connection on a CA that was removed, or none to a server")
	}
}

// freePort is a port that the kernel does not give to outgoing connections. The datagram socket keeps
// other tests away from it, also while no server listens.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		address := fmt.Sprint("127.0.0.1:", port)
		kept, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		t.Cleanup(func() { kept.Close() })
		if probe, err := net.Listen("tcp", address); err == nil {
			probe.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// soon waits for what happens without a word.
func soon(holds func() bool) bool {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
