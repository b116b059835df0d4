package goredis_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redlatch/redlatch/go/goredis"
	"github.com/redlatch/redlatch/go/internal/lab"
)

// The program that go-redis users start from, with the adapter in place of its TLS settings: what it
// holds open on a CA that is removed ends with the grace, and go-redis goes on with another connection.
func TestExample(t *testing.T) {
	l := lab.Start(t)
	program := filepath.Join(t.TempDir(), "example")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "../../tests/examples/go_redis"
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	command := exec.Command(program)
	command.Env = append(os.Environ(),
		"REDIS_HOST="+l.Host, fmt.Sprint("REDIS_PORT=", l.Port), "REDIS_AUTH="+l.Password, "REDIS_CA_CERT="+l.CAFile,
		"REDIS_URL=rediss://"+l.Addr()+"?poll_interval=50ms&distrust_grace=200ms")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	check(t, err)
	check(t, command.Start())
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	lines := bufio.NewScanner(output)
	if lines.Scan(); lines.Text() != "Connected with TLS: PONG" {
		t.Fatalf("said %q", lines.Text())
	}

	rdb := redis.NewClient(goredis.Use(&redis.Options{Addr: l.Addr()}, dialer(t, l, time.Hour)))
	defer rdb.Close()
	hears := func(text string) {
		t.Helper()
		if !soon(func() bool { return rdb.Publish(ctx, "news", text).Val() > 0 }) {
			t.Fatalf("nobody listens to %q", text)
		}
		if lines.Scan(); lines.Text() != "Heard: "+text {
			t.Fatalf("said %q, not that it heard %q", lines.Text(), text)
		}
	}
	hears("before")
	before := listeners(t, rdb)
	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca"} {
		l.Run(step)
	}
	gone(t, rdb, before)
	hears("after")
}
