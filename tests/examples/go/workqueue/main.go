// A bounded queue of jobs with retries and dead letters, on one stream and its consumer group.
//
// Promised: a job that "submit" has told of is done at least once, or ends among the dead letters,
// whatever is replaced or restarted meanwhile and whichever worker is killed; submitted twice, it is
// queued once. There are never more unfinished jobs than the bound: "submit" waits for room.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// handle stands for your work. Done twice, it must come to the same as once.
func handle(document json.RawMessage) error {
	var job struct{ Seconds *float64 }
	if err := json.Unmarshal(document, &job); err != nil {
		return err
	}
	if job.Seconds == nil {
		return errors.New("no number of seconds")
	}
	time.Sleep(time.Duration(*job.Seconds * float64(time.Second)))
	return nil
}

func main() {
	queue := flag.String("queue", "queue", "its name")
	bound := flag.Int("bound", 1000, "unfinished jobs at most")
	remember := flag.Int("remember", 86400, "seconds an id is known")
	lease := flag.Float64("lease", 60, "seconds until a job is retried")
	tries := flag.Int64("tries", 3, "before a job is a dead letter")
	parallel := flag.Int("parallel", 4, "jobs at once")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), `Usage: workqueue [OPTIONS] submit|work|dead

"submit" reads jobs from standard input, one a line: {"id": "a", "seconds": 0.1}
REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.`)
		flag.PrintDefaults()
	}
	flag.Parse()
	rdb, err := redlatch.FromEnv()
	check(err)
	defer rdb.Close()
	q := &Queue{rdb, *queue, *bound, *remember, time.Duration(*lease * float64(time.Second)), *tries}
	switch flag.Arg(0) {
	case "submit":
		submit(q)
	case "work":
		work(q, *parallel)
	case "dead":
		letters, err := rdb.XRange(context.Background(), q.dead(), "-", "+").Result()
		check(err)
		for _, letter := range letters {
			document, _ := json.Marshal(letter.Values)
			fmt.Println(string(document))
		}
	default:
		flag.Usage()
		os.Exit(2)
	}
}

func submit(q *Queue) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var job struct{ ID string }
		check(json.Unmarshal(lines.Bytes(), &job))
		check(q.Submit(context.Background(), job.ID, lines.Text()))
		fmt.Println("queued", job.ID)
	}
	check(lines.Err())
}

func work(q *Queue, parallel int) {
	ctx, end := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer end()
	check(q.Make(ctx))
	var workers sync.WaitGroup
	for at := range parallel {
		workers.Add(1)
		go func() {
			defer workers.Done()
			consumer := fmt.Sprintf("%d-%d-%d", os.Getpid(), time.Now().UnixNano(), at)
			check(q.Work(ctx.Done(), consumer, handle))
		}()
	}
	workers.Wait()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
