// The same random calls go to go-redis and to redlatch on one TLS server, each in a database of its
// own; results must be deeply equal, and errors say the same.
//
// Usage: go run . [-seed N] [-rounds N]     prints `N passed, N failed`
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/redis/go-redis/v9"

	redlatch "github.com/redlatch/redlatch/go"
)

// pair are the two clients, and what has been found.
type pair struct {
	theirs, ours any
	title        string
	found        *findings
}

type findings struct {
	passed      int
	differences []string
	covered     map[string]bool
}

func main() {
	seed := flag.Int64("seed", 1, "the first seed")
	rounds := flag.Int64("rounds", 2, "how many seeds")
	flag.Parse()
	redis.SetLogger(quiet{})
	found := &findings{covered: map[string]bool{}}
	play(*seed, *rounds, found)
	for _, difference := range found.differences[:min(len(found.differences), 30)] {
		fmt.Println(difference)
	}
	all := reflect.TypeFor[redlatch.Cmdable]().NumMethod()
	fmt.Printf("seeds %d to %d, %d of %d methods\n", *seed, *seed+*rounds-1, len(found.covered), all)
	fmt.Printf("%d passed, %d failed\n", found.passed, len(found.differences))
	if len(found.differences) > 0 {
		os.Exit(1)
	}
}

func play(seed, rounds int64, found *findings) {
	lab := startLab()
	defer lab.stop()
	for ; rounds > 0; rounds-- {
		for _, protocol := range []int{2, 3} {
			theirs, ours := lab.theirs(protocol), lab.ours(protocol)
			p := &pair{theirs, ours, fmt.Sprintf("seed %d, RESP%d", seed, protocol), found}
			p.round(newSource(seed), theirs, ours)
			check(theirs.Close())
			check(ours.Close())
		}
		seed++
	}
}

func (p *pair) round(s source, theirs *redis.Client, ours *redlatch.Client) {
	check(theirs.FlushAll(context.Background()).Err())
	check(theirs.FunctionFlush(context.Background()).Err())
	calls := func() []call {
		var all []call
		for _, area := range areas {
			for _, c := range area(s) {
				// go-redis waits for whole seconds.
				if !blocks(c) || s.Intn(3) == 0 {
					all = append(all, c)
				}
			}
		}
		s.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
		return all
	}
	// Data first, so that reads find something.
	for _, c := range calls() {
		if strings.HasSuffix(c.name, "Add") || strings.HasSuffix(c.name, "Set") || strings.HasSuffix(c.name, "Push") ||
			c.name == "SetBit" || c.name == "XGroupCreate" {
			p.one(c)
		}
	}
	for _, c := range calls() {
		p.one(c)
	}
	for range 10 {
		p.queue(calls()[:1+s.Intn(20)], theirs.Pipeline(), ours.Pipeline())
		p.queue(calls()[:1+s.Intn(20)], theirs.TxPipeline(), ours.TxPipeline())
	}
}

func (p *pair) one(c call) {
	p.found.covered[c.name] = true
	p.compare(describe(c), outcome(invoke(p.theirs, c), c.name), outcome(invoke(p.ours, c), c.name))
}

// queue runs calls in pipelines, but those that would block.
func (p *pair) queue(calls []call, theirs redis.Pipeliner, ours redlatch.Pipeliner) {
	var chosen []call
	var results [][2]reflect.Value
	for _, c := range calls {
		if !blocks(c) {
			chosen = append(chosen, c)
			results = append(results, [2]reflect.Value{invoke(theirs, c), invoke(ours, c)})
		}
	}
	_, theirError := theirs.Exec(context.Background())
	_, ourError := ours.Exec(context.Background())
	if (theirError == nil) != (ourError == nil) {
		p.compare("Exec", fmt.Sprint(theirError), fmt.Sprint(ourError))
	}
	for at, c := range chosen {
		p.compare(fmt.Sprintf("%T %s", ours, describe(c)), outcome(results[at][0], c.name), outcome(results[at][1], c.name))
	}
}

func blocks(c call) bool {
	if strings.HasPrefix(c.name, "BL") || strings.HasPrefix(c.name, "BR") || strings.HasPrefix(c.name, "BZ") {
		return true
	}
	return c.name == "XRead" && c.args[0].(*redlatch.XReadArgs).Block >= 0
}

func (p *pair) compare(what string, theirs, ours any) {
	if reflect.DeepEqual(theirs, ours) {
		p.found.passed++
		return
	}
	text := fmt.Sprintf("%s: %s\n  go-redis: %s\n  redlatch: %s", p.title, what, short(theirs), short(ours))
	p.found.differences = append(p.found.differences, text)
}

func short(value any) string {
	text := fmt.Sprint(value)
	return text[:min(len(text), 300)]
}

// quiet says nothing: go-redis reports each time to wait that it cannot tell the server.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
