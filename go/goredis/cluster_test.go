package goredis_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redlatch/redlatch/go/goredis"
)

// startCluster starts three servers that share the slots.
func startCluster(t *testing.T) *deployment {
	d := deploy(t)
	for at := range 3 {
		bus := freePort(t)
		n := d.start("cluster-enabled yes", "tls-cluster yes", fmt.Sprint("cluster-port ", bus))
		check(t, n.admin.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", at+1).Err())
		check(t, n.admin.Do(ctx, "CLUSTER", "ADDSLOTSRANGE", slots*at/3, slots*(at+1)/3-1).Err())
		check(t, d.nodes[0].admin.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", n.port, bus).Err())
	}
	for _, n := range d.nodes {
		if !soon(func() bool {
			info, err := n.admin.ClusterInfo(ctx).Result()
			check(t, err)
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_size:3")
		}) {
			t.Fatal("the servers do not become a cluster")
		}
	}
	return d
}

const slots = 16384

func TestClusterKeepsWorking(t *testing.T) {
	d := startCluster(t)
	dialer := dialer(t, d.Lab, 5*time.Second)
	// The others are found by way of this one, by address.
	seed := []string{d.nodes[0].addr}
	rdb := redis.NewClusterClient(goredis.Use(&redis.ClusterOptions{Addrs: seed}, dialer))
	defer rdb.Close()
	load := start(t, rdb)
	load.goOn()
	d.rotate(load.goOn)
	d.onlyTrusted(dialer, d.nodes...)
	load.end()
}
