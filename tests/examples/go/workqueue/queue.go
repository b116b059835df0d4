package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

const group = "workers"

// A job counts until it is done. One that was queued before is not queued again, so that a call whose
// answer was lost can be repeated. KEYS: mark of the id, stream. ARGV: bound, seconds, id, job.
var enqueue = redlatch.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], '', 'EX', ARGV[2])
redis.call('XADD', KEYS[2], '*', 'id', ARGV[3], 'job', ARGV[4])
return 1
`)

// Whoever acknowledges first decides. KEYS: stream, dead letters. ARGV: group, entry, and the fields of
// the dead letter, none if the job is done.
var settle = redlatch.NewScript(`
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
if #ARGV > 2 then redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3)) end
return 1
`)

// Queue is a stream with a group of workers, and a stream of dead letters. One slot of a cluster holds
// all of its keys.
type Queue struct {
	rdb             *redlatch.Client
	name            string
	bound, remember int
	lease           time.Duration
	tries           int64
}

func (q *Queue) jobs() string { return "{" + q.name + "}:jobs" }
func (q *Queue) dead() string { return "{" + q.name + "}:dead" }

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

// Submit returns once the job is queued; it waits for room.
func (q *Queue) Submit(ctx context.Context, id, job string) error {
	keys := []string{"{" + q.name + "}:seen:" + id, q.jobs()}
	for {
		queued, err := insist(func() (bool, error) {
			return enqueue.Run(ctx, q.rdb, keys, q.bound, q.remember, id, job).Bool()
		})
		if queued || err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Make makes the group, before the first worker reads.
func (q *Queue) Make(ctx context.Context) error {
	_, err := insist(func() (string, error) {
		return q.rdb.XGroupCreateMkStream(ctx, q.jobs(), group, "0").Result()
	})
	if err != nil && strings.Contains(err.Error(), "BUSYGROUP") {
		return nil
	}
	return err
}

// take gives a job whose lease has ended, else a new one, if one comes soon.
func (q *Queue) take(ctx context.Context, consumer string) ([]redlatch.XMessage, error) {
	overdue, _, err := q.rdb.XAutoClaim(ctx, &redlatch.XAutoClaimArgs{
		Stream: q.jobs(), Group: group, Consumer: consumer, MinIdle: q.lease, Start: "0-0", Count: 1,
	}).Result()
	if err != nil || len(overdue) > 0 {
		return overdue, err
	}
	streams, err := q.rdb.XReadGroup(ctx, &redlatch.XReadGroupArgs{
		Group: group, Consumer: consumer, Streams: []string{q.jobs(), ">"}, Count: 1, Block: 500 * time.Millisecond,
	}).Result()
	if errors.Is(err, redlatch.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return streams[0].Messages, nil
}

// Work does one job after the other until told to stop; one that was begun is finished.
func (q *Queue) Work(stop <-chan struct{}, consumer string, handle func(json.RawMessage) error) error {
	ctx := context.Background()
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		// What was taken although the answer was lost comes back at the end of its lease.
		taken, err := insist(func() ([]redlatch.XMessage, error) { return q.take(ctx, consumer) })
		if err != nil {
			return err
		}
		for _, entry := range taken {
			if err := q.finish(ctx, entry, handle); err != nil {
				return err
			}
		}
	}
}

// finish does the job, and takes it off the queue unless it is to be tried again.
func (q *Queue) finish(ctx context.Context, entry redlatch.XMessage, handle func(json.RawMessage) error) error {
	pending, err := insist(func() ([]redlatch.XPendingExt, error) {
		return q.rdb.XPendingExt(ctx, &redlatch.XPendingExtArgs{
			Stream: q.jobs(), Group: group, Start: entry.ID, End: entry.ID, Count: 1,
		}).Result()
	})
	if err != nil || len(pending) == 0 {
		return err // somebody else finished it meanwhile
	}
	id, job := entry.Values["id"], entry.Values["job"].(string)
	outcome, args := "done", []any{group, entry.ID}
	failed := errors.New("its workers ended before it did")
	if pending[0].RetryCount <= q.tries {
		failed = handle(json.RawMessage(job))
	}
	if failed != nil {
		if pending[0].RetryCount < q.tries {
			fmt.Println("retry", id) // at the end of its lease
			return nil
		}
		outcome, args = "dead", append(args, "id", id, "job", job, "reason", failed.Error())
	}
	fmt.Println(outcome, id)
	_, err = insist(func() (int64, error) {
		return settle.Run(ctx, q.rdb, []string{q.jobs(), q.dead()}, args...).Int64()
	})
	return err
}
