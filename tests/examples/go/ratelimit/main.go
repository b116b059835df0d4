// A rate limit that all processes share: a token bucket in one script.
//
// Promised: no more than burst and what has been refilled since ever passes, by the server's clock,
// also while certificates rotate and the server restarts. An attempt whose answer was lost did not
// pass; its token may be spent. While Redis is away, attempts fail: whether that means yes or no is
// yours to say.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"sync"
	"sync/atomic"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// KEYS: bucket. ARGV: burst, tokens per second. The bucket is forgotten once it would be full again.
var take = redlatch.NewScript(`
local burst, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
-- A clock that was set back refills nothing.
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
at = string.format('%.6f', math.max(now, at))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', at)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
return tostring(wait)
`)

// Limit is burst at once, and perSecond in the long run, for each key.
type Limit struct {
	rdb       *redlatch.Client
	burst     int
	perSecond float64
}

// Attempt gives 0 if it may happen now, else how long until it may.
func (l Limit) Attempt(ctx context.Context, key string) (time.Duration, error) {
	seconds, err := take.Run(ctx, l.rdb, []string{"limit:" + key}, l.burst, l.perSecond).Float64()
	return time.Duration(seconds * float64(time.Second)), err
}

func main() {
	burst := flag.Int("burst", 10, "how often at once")
	perSecond := flag.Float64("per-second", 1, "how often in the long run")
	attempts := flag.Int64("attempts", 1, "how many to make")
	parallel := flag.Int("parallel", 1, "attempts at the same time")
	pause := flag.Float64("pause", 0, "seconds between two attempts")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), `Usage: ratelimit [OPTIONS] KEY

Prints "allowed", or "denied" and the seconds until the next token. REDIS_HOST, REDIS_PORT,
REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.`)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	rdb, err := redlatch.FromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer rdb.Close()

	limit := Limit{rdb, *burst, *perSecond}
	var allowed, denied, unanswered, begun atomic.Int64
	var done sync.WaitGroup
	for range *parallel {
		done.Add(1)
		go func() {
			defer done.Done()
			for begun.Add(1) <= *attempts {
				wait, err := limit.Attempt(context.Background(), flag.Arg(0))
				var failure *redlatch.Error
				switch {
				case errors.As(err, &failure) && failure.Retry != "never":
					unanswered.Add(1)
					fmt.Println("unanswered", failure.Code)
				case err != nil:
					log.Fatal(err)
				case wait > 0:
					denied.Add(1)
					fmt.Printf("denied %.3f\n", wait.Seconds())
				default:
					allowed.Add(1)
					fmt.Println("allowed")
				}
				time.Sleep(time.Duration(*pause * float64(time.Second)))
			}
		}()
	}
	done.Wait()
	fmt.Printf("allowed=%d denied=%d unanswered=%d\n", allowed.Load(), denied.Load(), unanswered.Load())
}
