package redlatch

import "time"

// listOf reads a list whose elements are alike.
func listOf[T any](r *reply, read func(*reply) T) []T {
	list := make([]T, r.count())
	for at := range list {
		list[at] = read(r)
	}
	return list
}

// tableOf reads a map from text to values that are alike.
func tableOf[T any](r *reply, read func(*reply) T) map[string]T {
	table := map[string]T{}
	r.pairs(func() {
		key := r.text()
		table[key] = read(r)
	})
	return table
}

// orZero reads a value; a null is zero.
func orZero[T any](r *reply, read func(*reply) T) T {
	if r.isNil() {
		var none T
		return none
	}
	return read(r)
}

func (r *reply) texts() []string                  { return listOf(r, (*reply).word) }
func (r *reply) values() []any                    { return listOf(r, (*reply).any) }
func (r *reply) truths() []bool                   { return listOf(r, (*reply).truth) }
func (r *reply) textsByName() map[string]string   { return tableOf(r, (*reply).text) }
func (r *reply) integersByName() map[string]int64 { return tableOf(r, (*reply).integer) }

func (r *reply) integers() []int64 {
	return listOf(r, func(r *reply) int64 { return orZero(r, (*reply).integer) })
}

func (r *reply) floats() []float64 {
	return listOf(r, func(r *reply) float64 { return orZero(r, (*reply).float) })
}

func (r *reply) set() map[string]struct{} {
	members := r.texts()
	set := make(map[string]struct{}, len(members))
	for _, member := range members {
		set[member] = struct{}{}
	}
	return set
}

func (r *reply) keyValues() []KeyValue {
	list := []KeyValue{}
	r.pairs(func() { list = append(list, KeyValue{r.text(), r.text()}) })
	return list
}

// moment is a time in seconds and microseconds.
func (r *reply) moment() (at time.Time) {
	r.tuple(2, func() { at = time.Unix(r.integer(), r.integer()*1000) })
	return at
}
