package main

import (
	"fmt"
	"math"
	"math/rand"
	"strings"
)

// source gives repeatable arguments: few keys, so that calls meet each other's data, and values of
// every kind.
type source struct{ *rand.Rand }

func newSource(seed int64) source { return source{rand.New(rand.NewSource(seed))} }

func of[T any](s source, choices ...T) T { return choices[s.Intn(len(choices))] }

func many[T any](s source, one func() T) []T {
	list := make([]T, 1+s.Intn(4))
	for at := range list {
		list[at] = one()
	}
	return list
}

// key is one of a kind; now and then one of another, for WRONGTYPE.
func (s source) key(kind string) string {
	if s.Intn(25) == 0 {
		kind = of(s, "string", "hash", "list", "set", "zset")
	}
	return fmt.Sprint(kind, ":", s.Intn(3))
}

func (s source) keys(kind string) []string {
	return many(s, func() string { return s.key(kind) })
}

func (s source) word() string { return of(s, "a", "b", "c", "d", "field", "Größe", "日本", "7") }

func (s source) words() []string { return many(s, s.word) }

func (s source) integer() int64 { return of[int64](s, 0, 1, 2, -1, 5, 10, 100, 12345) }

func (s source) score() float64 {
	return of(s, 0, 1, -1, 1.5, 2.25, 1e20, -1e-9, math.Inf(1), math.Inf(-1))
}

// value is a text, bytes or a number, of every length that is packed or read in another way.
func (s source) value() any {
	return of[any](s,
		"", s.word(), s.integer(), 12.5, true, nil, strings.Repeat("x", of(s, 9, 10, 72, 1000)),
		strings.Repeat("ä日😀", of(s, 1, 20, 500)), "line\r\nline\x00end", []byte{0xff, 0xfe, 0, 0x80},
		strings.Repeat("x", 200_000), int8(-3), uint64(math.MaxUint64), float32(0.25),
	)
}

func (s source) values() []any { return many(s, s.value) }

func (s source) anyWords() []any { return many(s, func() any { return s.word() }) }

// fields are names and values in turns.
func (s source) fields() []any {
	var list []any
	for range 1 + s.Intn(3) {
		list = append(list, s.word(), s.value())
	}
	return list
}

// lua is an expression that gives a reply of any type of RESP.
func (s source) lua(depth int) string {
	text := func() string { return of(s, "'text'", "''", "'日本'", `'\255\0'`, "'12'") }
	if depth == 0 || s.Intn(3) == 0 {
		return of(s,
			text(), of(s, "0", "1", "-5", "2147483648", "4503599627370495"), "false", "true",
			"{ok='"+of(s, "OK", "fine")+"'}", "{err='"+of(s, "ERR no", "MY own words")+"'}",
			"{double="+of(s, "1.5", "-0.25", "1/0", "-1/0", "3", "1e300")+"}",
			"{big_number='"+of(s, "12345678901234567890123", "-7", "0")+"'}",
			"{verbatim_string={format='txt',string="+text()+"}}",
		)
	}
	inner := many(s, func() string { return s.lua(depth - 1) })
	return of(s,
		"{"+strings.Join(inner, ",")+"}", "{}",
		"{map={['key']="+inner[0]+"}}", "{map={['key']={map={['inner']="+inner[0]+"}}}}",
		"{set={["+of(s, "'m'", "7", "'日本'")+"]=true}}",
	)
}
