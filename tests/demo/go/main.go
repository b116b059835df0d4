// The demo's Go worker: SET and GET with value checks until standard input ends.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

const goroutines = 32

func main() {
	name := os.Getenv("REDLATCH_DEMO_NAME")
	client, err := redlatch.FromEnv(&redlatch.Options{PollInterval: time.Second, ClientName: name})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	tally := newTally(name)
	var over atomic.Bool
	var working sync.WaitGroup
	for number := range goroutines {
		working.Add(1)
		go func() {
			defer working.Done()
			work(client, tally, fmt.Sprintf("demo:%s:%d", name, number), &over)
		}()
	}
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	for due := time.NewTicker(250 * time.Millisecond); ; {
		select {
		case event := <-client.Events():
			tally.follow(event)
			continue
		case <-due.C:
			tally.tell(client.Status())
			continue
		case <-ended:
		}
		break
	}
	over.Store(true)
	working.Wait()
	tally.tell(client.Status())
	client.Close()
}

// work sets a key and checks its value, over and over.
func work(client *redlatch.Client, tally *tally, key string, over *atomic.Bool) {
	ctx := context.Background()
	if err := client.Del(ctx, key).Err(); err != nil {
		tally.fail(err)
	}
	// What the key may hold: an interrupted SET may or may not have been executed.
	expected := []string{""}
	for number := 0; !over.Load(); number++ {
		value := strconv.Itoa(number)
		err := client.Set(ctx, key, value, 0).Err()
		switch {
		case err == nil:
			tally.done()
			expected = append(expected[:0], value)
		case tally.fail(err):
			expected = append(expected, value)
		}
		found, err := client.Get(ctx, key).Result()
		if err != nil && err != redlatch.Nil {
			tally.fail(err)
			continue
		}
		tally.done()
		right := false
		for _, one := range expected {
			right = right || one == found
		}
		if !right {
			tally.wrong.Add(1)
		}
		expected = append(expected[:0], found)
	}
}
