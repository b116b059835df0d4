package goredis_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redlatch/redlatch/go/goredis"
)

// startSentinel starts a master, a replica, and a sentinel that knows both and has a password of its own.
func startSentinel(t *testing.T) *deployment {
	d := deploy(t)
	master := d.start("repl-diskless-sync-delay 0")
	replica := d.start("repl-diskless-sync-delay 0", fmt.Sprint("replicaof 127.0.0.1 ", master.port))
	d.sentinel = d.node(sentinelPassword,
		fmt.Sprint("sentinel monitor main 127.0.0.1 ", master.port, " 1"), "sentinel auth-pass main "+d.Password)
	d.sentinel.mode = []string{"--sentinel"}
	d.sentinel.run(d.leaf()...)
	admin := redis.NewSentinelClient(d.sentinel.admin.Options())
	defer admin.Close()
	if !soon(func() bool {
		known, _ := admin.Replicas(ctx, "main").Result()
		return len(known) == 1 && known[0]["port"] == fmt.Sprint(replica.port) && known[0]["master-link-status"] == "ok"
	}) {
		t.Fatal("the sentinel does not find the replica")
	}
	return d
}

const sentinelPassword = "of-the-sentinel"

func TestSentinelKeepsWorking(t *testing.T) {
	d := startSentinel(t)
	dialer := dialer(t, d.Lab, 5*time.Second)
	rdb := redis.NewFailoverClient(goredis.Use(&redis.FailoverOptions{
		MasterName: "main", SentinelAddrs: []string{d.sentinel.addr}, SentinelPassword: sentinelPassword,
	}, dialer))
	defer rdb.Close()
	load := start(t, rdb)
	load.goOn()
	d.rotate(load.goOn)
	master, replica := d.nodes[0], d.nodes[1]
	d.onlyTrusted(dialer, master, d.sentinel)
	load.end()

	check(t, d.sentinel.admin.Do(ctx, "SENTINEL", "FAILOVER", "main").Err())
	if !soon(func() bool {
		return rdb.ConfigGet(ctx, "tls-port").Val()["tls-port"] == fmt.Sprint(replica.port)
	}) {
		t.Fatal("the client does not follow to the replica")
	}
	check(t, rdb.Set(ctx, "key", "value", 0).Err())
	d.onlyTrusted(dialer, replica, d.sentinel)
}
