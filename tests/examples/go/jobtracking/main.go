// Tracks long jobs: a hash says how far each is, and an event tells everyone who watches.
//
// Promised: the hash never goes back, and whoever watches sees progress grow and the end of the job,
// also if events are lost. A job whose worker has died is forgotten -expire seconds after its last
// step; whoever watches is told "lost".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// Hash, expiry and event in one step. What is older than the hash changes nothing, so that a call whose
// answer was lost can be repeated. KEYS: job, also the channel. ARGV: done, total, state, seconds.
var report = redlatch.NewScript(`
local known = redis.call('HGET', KEYS[1], 'done')
if known and tonumber(known) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'done', ARGV[1], 'total', ARGV[2], 'state', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
local fields = {done = ARGV[1], total = ARGV[2], state = ARGV[3]}
redis.call('PUBLISH', KEYS[1], cjson.encode(fields))
return 1
`)

// insist repeats what may run twice until the server has answered.
func insist[T any](call func() (T, error)) (T, error) {
	for {
		value, err := call()
		var failure *redlatch.Error
		if !errors.As(err, &failure) || failure.Retry == "never" {
			return value, err
		}
		log.Println("again after", failure.Code)
		time.Sleep(100 * time.Millisecond)
	}
}

// Job is one that is tracked.
type Job struct {
	rdb *redlatch.Client
	key string
}

// Report tells that so many steps are done.
func (j Job) Report(ctx context.Context, done, total, expire int) error {
	state := "running"
	if done == total {
		state = "done"
	}
	_, err := insist(func() (int64, error) {
		return report.Run(ctx, j.rdb, []string{j.key}, done, total, state, expire).Int64()
	})
	return err
}

// Fields are what is known; nothing of a job that is not there.
func (j Job) Fields(ctx context.Context) (map[string]string, error) {
	return insist(func() (map[string]string, error) { return j.rdb.HGetAll(ctx, j.key).Result() })
}

// Watch tells each step that is heard of, and whether the last one came; it did not if the job is lost.
func (j Job) Watch(ctx context.Context, tell func(map[string]string)) (bool, error) {
	// Events from here on, and the hash for what was before.
	heard := j.rdb.Subscribe(ctx)
	defer heard.Close()
	subscribe := func() (any, error) { return nil, heard.Subscribe(ctx, j.key) }
	if _, err := insist(subscribe); err != nil {
		return false, err
	}
	known := -1
	for message := (*redlatch.Message)(nil); ; {
		var fields map[string]string
		if message != nil {
			if err := json.Unmarshal([]byte(message.Payload), &fields); err != nil {
				return false, err
			}
		} else if found, err := j.Fields(ctx); err != nil || len(found) == 0 {
			return false, err
		} else {
			fields = found
		}
		if done, _ := strconv.Atoi(fields["done"]); done > known {
			known = done
			tell(fields)
		}
		if fields["state"] == "done" {
			return true, nil
		}
		// In silence the hash tells whether it is one.
		select {
		case message = <-heard.Channel():
		case <-time.After(time.Second):
			message = nil
		}
	}
}

func main() {
	steps := flag.Int("steps", 10, "of the job")
	seconds := flag.Float64("seconds", 1, "of each step")
	expire := flag.Int("expire", 3600, "seconds after the last step")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), `Usage: jobtracking [OPTIONS] run|watch|show ID

REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.`)
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx := context.Background()
	rdb, err := redlatch.FromEnv()
	check(err)
	defer rdb.Close()
	job := Job{rdb, "job:" + flag.Arg(1)}
	switch verb := flag.Arg(0); {
	case verb == "run" && flag.NArg() == 2:
		for done := range *steps + 1 {
			check(job.Report(ctx, done, *steps, *expire))
			if done < *steps {
				time.Sleep(time.Duration(*seconds * float64(time.Second)))
			}
		}
	case verb == "watch" && flag.NArg() == 2:
		ended, err := job.Watch(ctx, func(fields map[string]string) {
			fmt.Println(fields["done"], fields["total"], fields["state"])
		})
		check(err)
		if !ended {
			fmt.Println("lost")
			os.Exit(1)
		}
	case verb == "show" && flag.NArg() == 2:
		fields, err := job.Fields(ctx)
		check(err)
		document, _ := json.Marshal(fields)
		fmt.Println(string(document))
	default:
		flag.Usage()
		os.Exit(2)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
