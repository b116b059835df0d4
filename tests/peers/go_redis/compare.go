package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	redlatch "github.com/redlatch/redlatch/go"
)

// invoke calls a method of either client and gives its result.
func invoke(client any, c call) reflect.Value {
	method := reflect.ValueOf(client).MethodByName(c.name)
	if !method.IsValid() {
		panic(fmt.Sprintf("%T has no %s", client, c.name))
	}
	kind := method.Type()
	var args []reflect.Value
	if kind.NumIn() > 0 && kind.In(0) == reflect.TypeFor[context.Context]() {
		args = append(args, reflect.ValueOf(context.Background()))
	}
	for _, arg := range c.args {
		at := len(args)
		var wanted reflect.Type
		if kind.IsVariadic() && at >= kind.NumIn()-1 {
			wanted = kind.In(kind.NumIn() - 1).Elem()
		} else {
			wanted = kind.In(at)
		}
		args = append(args, like(reflect.ValueOf(arg), wanted))
	}
	return method.Call(args)[0]
}

// like makes a value of another type: structs of the one client become those of the other.
func like(value reflect.Value, wanted reflect.Type) reflect.Value {
	switch {
	case !value.IsValid():
		return reflect.Zero(wanted)
	case value.Type().AssignableTo(wanted):
		return value
	case value.Kind() == reflect.Pointer && value.IsNil():
		return reflect.Zero(wanted)
	case value.Kind() == reflect.Pointer && wanted.Kind() == reflect.Pointer:
		made := reflect.New(wanted.Elem())
		made.Elem().Set(like(value.Elem(), wanted.Elem()))
		return made
	case value.Kind() == reflect.Struct && wanted.Kind() == reflect.Struct:
		made := reflect.New(wanted).Elem()
		for at := range value.NumField() {
			field := made.FieldByName(value.Type().Field(at).Name)
			field.Set(like(value.Field(at), field.Type()))
		}
		return made
	case value.Kind() == reflect.Slice && wanted.Kind() == reflect.Slice:
		made := reflect.MakeSlice(wanted, value.Len(), value.Len())
		for at := range value.Len() {
			made.Index(at).Set(like(value.Index(at), wanted.Elem()))
		}
		return made
	}
	return value.Convert(wanted)
}

// outcome is what became of a call, in a form that both clients share: all there is to see of a result.
func outcome(result reflect.Value, name string) any {
	values := result.MethodByName("Result").Call(nil)
	if err, failed := values[len(values)-1].Interface().(error); failed {
		return problem(err)
	}
	var seen []any
	for _, value := range values[:len(values)-1] {
		one := plain(value)
		switch {
		case alike[name]:
			one = reflect.TypeOf(value.Interface()).Kind().String()
		case unordered[name]:
			if list, ok := one.([]any); ok {
				sort.Slice(list, func(a, b int) bool { return fmt.Sprint(list[a]) < fmt.Sprint(list[b]) })
			}
		}
		seen = append(seen, one)
	}
	return seen
}

// problem is the text of an error. Those that the clients found by themselves are worded by each in
// its own way.
func problem(err error) string {
	var ours *redlatch.Error
	var theirs redis.Error
	switch {
	case errors.Is(err, redis.Nil), errors.Is(err, redlatch.Nil):
		return "error: nil"
	case errors.As(err, &ours) && ours.Family != "client":
		return "error: " + ours.Detail
	case ours == nil && errors.As(err, &theirs):
		return "error: " + theirs.Error()
	}
	return "refused"
}

// plain is a value without the types of either client.
func plain(value reflect.Value) any {
	if !value.IsValid() {
		return nil
	}
	switch held := value.Interface().(type) {
	case error:
		return problem(held)
	case *big.Int:
		return "big " + held.String()
	case time.Time:
		return held.UnixNano()
	case float64:
		return fmt.Sprint("float ", held)
	}
	switch value.Kind() {
	case reflect.Interface, reflect.Pointer:
		if value.IsNil() {
			return nil
		}
		return plain(value.Elem())
	case reflect.Slice:
		if value.IsNil() {
			return "no list"
		}
		list := make([]any, value.Len())
		for at := range list {
			list[at] = plain(value.Index(at))
		}
		return list
	case reflect.Map:
		if value.IsNil() {
			return "no map"
		}
		table := map[any]any{}
		for _, key := range value.MapKeys() {
			table[fmt.Sprintf("%#v", plain(key))] = plain(value.MapIndex(key))
		}
		return table
	case reflect.Struct:
		// Fields that only the one client has are zero on the servers there are.
		table := map[any]any{}
		for at := range value.NumField() {
			if field := value.Field(at); !field.IsZero() {
				table[value.Type().Field(at).Name] = plain(field)
			}
		}
		return table
	}
	return value.Interface()
}

func describe(c call) string {
	var args []string
	for _, arg := range c.args {
		text := fmt.Sprintf("%+v", reflect.Indirect(reflect.ValueOf(arg)))
		args = append(args, text[:min(len(text), 80)])
	}
	return c.name + "(" + strings.Join(args, ", ") + ")"
}
