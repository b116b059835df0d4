package redlatch

import (
	"encoding"
	"net"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// words are a command that is being put together; err says why it cannot be sent.
type words struct {
	list []string
	err  error
}

func say(list ...string) *words { return &words{list: list} }

func (w *words) text(list ...string) *words {
	w.list = append(w.list, list...)
	return w
}

// when adds words if something holds.
func (w *words) when(holds bool, list ...string) *words {
	if holds {
		w.list = append(w.list, list...)
	}
	return w
}

func (w *words) numbers(numbers []int64) *words {
	for _, number := range numbers {
		w.text(decimal(number))
	}
	return w
}

func (w *words) float(number float64) *words { return w.text(fraction(number)) }

// counted adds a list behind its length.
func (w *words) counted(list []string) *words {
	return w.text(decimal(int64(len(list)))).text(list...)
}

// value adds one argument of any type.
func (w *words) value(value any) *words {
	text, err := argument(value)
	if err != nil && w.err == nil {
		w.err = err
	}
	return w.text(text)
}

// values adds arguments; one that is a list, a map or a struct stands for what it holds.
func (w *words) values(values []any) *words {
	if len(values) == 1 {
		return w.spread(values[0])
	}
	for _, value := range values {
		w.value(value)
	}
	return w
}

func (w *words) spread(value any) *words {
	switch value := value.(type) {
	case nil:
		return w
	case []string:
		return w.text(value...)
	case []any:
		for _, value := range value {
			w.value(value)
		}
		return w
	case map[string]string:
		for key, value := range value {
			w.text(key, value)
		}
		return w
	case map[string]any:
		for key, value := range value {
			w.text(key).value(value)
		}
		return w
	case time.Time, net.IP, encoding.BinaryMarshaler:
		return w.value(value)
	}
	structure := reflect.Indirect(reflect.ValueOf(value))
	if structure.Kind() != reflect.Struct {
		return w.value(value)
	}
	return w.fields(structure)
}

// fields adds names and values of the fields that have a tag: `redis:"name"` or
// `redis:"name,omitempty"`.
func (w *words) fields(structure reflect.Value) *words {
	for at := range structure.NumField() {
		name, option, _ := strings.Cut(structure.Type().Field(at).Tag.Get("redis"), ",")
		field := structure.Field(at)
		if name == "" || name == "-" || !field.CanInterface() || option == "omitempty" && field.IsZero() {
			continue
		}
		w.text(name).value(field.Interface())
	}
	return w
}

// expiry adds EX or PX, whichever is exact; nothing for 0, and KEEPTTL for KeepTTL.
func (w *words) expiry(expiration time.Duration) *words {
	switch {
	case expiration == KeepTTL:
		return w.text("KEEPTTL")
	case expiration <= 0:
		return w
	case expiration%time.Second == 0:
		return w.text("EX", wholeSeconds(expiration))
	}
	return w.text("PX", wholeMilliseconds(expiration))
}

// limit adds LIMIT unless both are 0.
func (w *words) limit(offset, count int64) *words {
	return w.when(offset != 0 || count != 0, "LIMIT", decimal(offset), decimal(count))
}

func decimal(number int64) string { return strconv.FormatInt(number, 10) }

func fraction(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

// wholeSeconds are whole seconds; less than one is not none.
func wholeSeconds(duration time.Duration) string {
	if duration > 0 {
		duration = max(duration, time.Second)
	}
	return decimal(int64(duration / time.Second))
}

// wholeMilliseconds are whole milliseconds; less than one is not none.
func wholeMilliseconds(duration time.Duration) string {
	if duration > 0 {
		duration = max(duration, time.Millisecond)
	}
	return decimal(int64(duration / time.Millisecond))
}
