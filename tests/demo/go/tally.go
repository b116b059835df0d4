package main

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// tally is what the worker counts, and how it tells.
type tally struct {
	name                                 string
	commands, failed, interrupted, wrong atomic.Int64
	// When a command was answered, and the longest gap; since the start.
	start       time.Time
	last, stall atomic.Int64

	mu          sync.Mutex
	generations []int
	errors      []string
}

func newTally(name string) *tally {
	return &tally{name: name, start: time.Now(), generations: []int{}, errors: []string{}}
}

func (t *tally) done() {
	t.commands.Add(1)
	t.answered()
}

func (t *tally) answered() {
	now := int64(time.Since(t.start))
	gap := now - t.last.Swap(now)
	for longest := t.stall.Load(); gap > longest && !t.stall.CompareAndSwap(longest, gap); {
		longest = t.stall.Load()
	}
}

// fail counts a failure and tells whether the command may have been executed all the same.
func (t *tally) fail(err error) bool {
	t.last.Store(int64(time.Since(t.start)))
	if errors.Is(err, redlatch.ErrClientInterrupted) {
		t.interrupted.Add(1)
		return true
	}
	t.failed.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.errors) < 5 {
		t.errors = append(t.errors, err.Error())
	}
	return false
}

// follow notes trust generations seen.
func (t *tally) follow(event redlatch.Event) {
	if event.Kind != "rotation" || event.Fields["material"] != "trust" {
		return
	}
	if number, err := strconv.Atoi(event.Fields["generation"]); err == nil && !slices.Contains(t.generations, number) {
		t.generations = append(t.generations, number)
		slices.Sort(t.generations)
	}
}

// tell prints one line.
func (t *tally) tell(status redlatch.Status) {
	t.mu.Lock()
	defer t.mu.Unlock()
	generation, credentials, proven, identity := 0, uint64(0), uint64(0), ""
	if len(t.generations) > 0 {
		generation = t.generations[len(t.generations)-1]
	}
	if status.Credentials != nil {
		credentials = status.Credentials.Generation
	}
	for _, session := range status.Sessions {
		if session.Active {
			proven = session.CredentialsGeneration
		}
	}
	if status.Identity != nil {
		identity = status.Identity.SHA256
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"worker": t.name, "commands": t.commands.Load(), "failed": t.failed.Load(),
		"interrupted": t.interrupted.Load(), "wrong": t.wrong.Load(),
		"reconnects": status.Counters.Reconnects, "replacements": status.Counters.Replacements,
		"generation": generation, "generations": t.generations, "credentials": credentials,
		"proven": proven, "identity": identity,
		"stall_ms": time.Duration(t.stall.Load()).Milliseconds(), "errors": t.errors,
	})
}
