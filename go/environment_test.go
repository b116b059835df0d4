package redlatch_test

import (
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func TestFromEnv(t *testing.T) {
	lab := startLab(t)
	for name, value := range lab.environment() {
		t.Setenv(name, value)
	}
	rdb, err := redlatch.FromEnv(&redlatch.Options{ClientName: "from-env", PollInterval: time.Second})
	check(t, err)
	defer rdb.Close()
	name, err := rdb.Do(ctx, "CLIENT", "GETNAME").Text()
	check(t, err)
	equal(t, name, "from-env")

	t.Setenv("REDIS_URL", "rediss://elsewhere:1")
	_, err = redlatch.FromEnv()
	failure(t, err, redlatch.ErrConfigConflict)
}
