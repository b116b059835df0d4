// Go clients under load. Usage: bench-go CLIENT, orders on stdin
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// order is one line of stdin.
type order struct {
	Scenario string  `json:"scenario"`
	Tasks    int     `json:"tasks"`
	Size     int     `json:"size"`
	Seconds  float64 `json:"seconds"`
}

func main() {
	// The process is kept on one core, which Go would only have seen at its start.
	runtime.GOMAXPROCS(1)
	make, found := makers[os.Args[1]]
	if !found {
		panic("no client is called " + os.Args[1])
	}
	answers := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var order order
		check(json.Unmarshal(lines.Bytes(), &order))
		check(answers.Encode(run(make, order)))
	}
}

func run(make maker, order order) any {
	ctx := context.Background()
	key, value := fmt.Sprint("bench:", order.Size), strings.Repeat("x", order.Size)
	if again := order.Scenario == "connects_again"; again || order.Scenario == "connects_anew" {
		return repeated(order, 1, 1, func() {
			c := make(again)
			c.ping(ctx)
			c.close()
		})
	}
	c := make(false)
	defer c.close()
	c.set(ctx, key, value)
	if got := c.get(ctx, key); got != value {
		panic("another value came back")
	}
	switch order.Scenario {
	case "gets":
		return repeated(order, order.Tasks, 1, func() { c.get(ctx, key) })
	case "sets":
		return repeated(order, order.Tasks, 1, func() { c.set(ctx, key, value) })
	case "pipelines":
		return repeated(order, 1, order.Tasks, func() { c.pipeline(ctx, key, order.Tasks) })
	}
	panic("no scenario is called " + order.Scenario)
}

// repeated has so many goroutines do it again and again; each time counts as so many commands.
func repeated(order order, tasks, commands int, once func()) any {
	var over atomic.Bool
	counts := make([]struct {
		n atomic.Int64
		_ [56]byte
	}, tasks)
	var running sync.WaitGroup
	for at := range counts {
		running.Add(1)
		go func() {
			defer running.Done()
			for !over.Load() {
				once()
				counts[at].n.Add(1)
			}
		}()
	}
	total := func() (sum int64) {
		for at := range counts {
			sum += counts[at].n.Load()
		}
		return sum
	}
	time.Sleep(max(300*time.Millisecond, seconds(order.Seconds/4)))
	before, cpu, start := total(), cpuTime(), time.Now()
	time.Sleep(seconds(order.Seconds))
	found := map[string]any{
		"commands":    (total() - before) * int64(commands),
		"seconds":     time.Since(start).Seconds(),
		"cpu_seconds": (cpuTime() - cpu).Seconds(),
	}
	over.Store(true)
	running.Wait()
	return found
}

func seconds(number float64) time.Duration { return time.Duration(number * float64(time.Second)) }

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
