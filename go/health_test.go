package redlatch_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func TestReadyUntilTheServerIsGone(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	health := rdb.Health(ctx)
	if !health.OK || !health.Live || health.Role != "primary" || !*health.Writable || health.Trust != "ok" {
		t.Fatalf("%+v", health)
	}
	contains(t, rdb.Metrics(), fmt.Sprintf("redlatch_up{client=%q} 1\n", lab.addr()))
	lab.run("kill")
	eventually(t, "it is not ready", func() bool { health = rdb.Health(ctx); return !health.OK })
	if !health.Live || *health.Alive || health.Code != "net.refused" || health.Remedy == "" {
		t.Errorf("%+v", health)
	}
	contains(t, rdb.Metrics(), `code="net.refused"} 1`)
	lab.run("restart")
	eventually(t, "it is ready again", func() bool { return rdb.Health(ctx).OK })
	rdb.Close()
	health = rdb.Health(ctx)
	equal(t, health.Live, false)
	equal(t, health.Code, "client.closed")
}

func TestAServerThatIsNotTrusted(t *testing.T) {
	lab, other := startLab(t), startLab(t)
	rdb := lab.client(func(options *redlatch.Options) { options.CAFile = other.CAFile })
	health := rdb.Health(ctx)
	equal(t, health.OK, false)
	equal(t, health.Code, "tls.untrusted")
	equal(t, health.Trust, "failing")
}

func TestABundleThatIsRefusedIsAWarning(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	check(t, rdb.Ping(ctx).Err())
	lab.run("truncate")
	eventually(t, "it is refused", func() bool { return rdb.Status().Trust.Refused != "" })
	health := rdb.Health(ctx)
	equal(t, health.OK, true)
	equal(t, health.Trust, "warning")
	equal(t, health.Problems[0].Severity, "warning")
	contains(t, rdb.Metrics(), `material="trust"} 1`)
}

func TestAReplicaIsEnoughForReaders(t *testing.T) {
	rdb := startLab(t).client()
	check(t, rdb.Do(ctx, "REPLICAOF", "127.0.0.1", "1").Err())
	equal(t, rdb.Health(ctx).Code, "server.readonly")
	health := rdb.Health(ctx, redlatch.ReadOnly)
	equal(t, health.OK, true)
	equal(t, health.Role, "replica")
}

func TestHealthEndsWithItsContext(t *testing.T) {
	rdb := startLab(t).client(func(options *redlatch.Options) { options.Liveness = -1 })
	check(t, rdb.Do(ctx, "CLIENT", "PAUSE", "600000").Err())
	soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	health := rdb.Health(soon)
	equal(t, *health.Alive, false)
	equal(t, health.Code, "client.timeout")
}

func TestHealthOfOptionsThatCannotBeUsed(t *testing.T) {
	rdb := redlatch.NewClient(&redlatch.Options{Addr: "redis.example", Password: "hidden-secret"})
	health := rdb.Health(ctx)
	equal(t, health.OK, false)
	if !strings.HasPrefix(health.Code, "config.") {
		t.Errorf("%+v", health)
	}
	contains(t, rdb.Metrics(), "redlatch_up{")
}

func TestSeveralClientsInOneExposition(t *testing.T) {
	lab := startLab(t)
	named := lab.client(func(options *redlatch.Options) { options.ClientName = "named" })
	check(t, named.Ping(ctx).Err())
	secret, err := os.ReadFile(filepath.Clean(lab.PasswordFile))
	check(t, err)
	metrics := redlatch.Metrics(named, lab.client(), lab.client())
	for _, sample := range []string{
		"redlatch_up{client=\"named\"} 1\n",
		fmt.Sprintf("redlatch_up{client=%q} 0\n", lab.addr()),
		fmt.Sprintf("redlatch_up{client=%q} 0\n", lab.addr()+"-2"),
	} {
		contains(t, metrics, sample)
	}
	if strings.Contains(metrics, strings.TrimSpace(string(secret))) {
		t.Error("a secret is in it")
	}
}
