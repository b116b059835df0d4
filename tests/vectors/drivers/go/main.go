// Does what the vectors ask with the Go package: a line in, a line out. Decides nothing.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

type ask struct {
	Do       string
	Settings map[string]any
	// Env is nil if the environment is not to be read.
	Env   map[string]string
	Args  []any
	Times int
	File  string
}

var (
	client *redlatch.Client
	seen   []redlatch.Event
	ctx    = context.Background()
)

var acts = map[string]func(*ask) (any, error){
	"open":   open,
	"config": func(*ask) (any, error) { return client.Config(), nil },
	"bundle": func(ask *ask) (any, error) {
		data, err := os.ReadFile(ask.File)
		if err != nil {
			return nil, err
		}
		return redlatch.ReadBundle(data)
	},
	"codes": func(*ask) (any, error) {
		var rows []map[string]any
		for _, code := range redlatch.Codes() {
			rows = append(rows, map[string]any{
				"code": code.Name, "number": code.Number, "family": code.Family, "retry": code.Retry,
				"sentence": code.Sentence, "remedy": code.Remedy,
				"is": []string{code.Err.Error(), code.FamilyErr.Error()},
			})
		}
		return rows, nil
	},
	"call": func(ask *ask) (any, error) { return call(ask.Args) },
	"burst": func(ask *ask) (any, error) {
		outcomes := make([]any, ask.Times)
		var under sync.WaitGroup
		for at := range outcomes {
			under.Add(1)
			go func() {
				defer under.Done()
				value, err := call(ask.Args)
				if err != nil {
					value = shown(err)
				}
				outcomes[at] = value
			}()
		}
		under.Wait()
		return outcomes, nil
	},
	"events": func(*ask) (any, error) {
		found := []map[string]any{}
		for {
			select {
			case event, open := <-client.Events():
				if !open {
					return found, nil
				}
				seen = append(seen, event)
				row := map[string]any{"kind": event.Kind, "at": event.At.Unix()}
				for name, value := range event.Fields {
					row[name] = value
				}
				found = append(found, row)
			default:
				return found, nil
			}
		}
	},
	"status": func(*ask) (any, error) { return client.Status(), nil },
	"reload": func(*ask) (any, error) {
		client.Reload()
		return nil, nil
	},
	"close": func(*ask) (any, error) { return nil, client.Close() },
	"texts": func(*ask) (any, error) {
		var texts []string
		for _, thing := range []any{client, *client, client.Config(), client.Status(), seen} {
			texts = append(texts, forms(thing)...)
		}
		return texts, nil
	},
}

func open(ask *ask) (any, error) {
	if client != nil {
		client.Close()
	}
	client, seen = nil, nil
	options, err := optionsOf(ask.Settings)
	if err != nil {
		return nil, err
	}
	if ask.Env == nil {
		client, err = redlatch.Open(options)
		return nil, err
	}
	for name, value := range ask.Env {
		os.Setenv(name, value)
		defer os.Unsetenv(name)
	}
	client, err = redlatch.FromEnv(options)
	return nil, err
}

// optionsOf gives each setting to the field of its name.
func optionsOf(settings map[string]any) (*redlatch.Options, error) {
	options := new(redlatch.Options)
	fields := reflect.ValueOf(options).Elem()
	for name, value := range settings {
		text := fmt.Sprint(value)
		switch name {
		case "host":
			if port, set := settings["port"]; set {
				text = net.JoinHostPort(text, fmt.Sprint(port))
			}
			options.Addr = text
			continue
		case "port":
			if _, set := settings["host"]; !set {
				options.Addr = ":" + text
			}
			continue
		case "path":
			options.Network, options.Addr = "unix", text
			continue
		case "tls":
			options.TLS = map[string]redlatch.TLSMode{"true": redlatch.TLSOn, "false": redlatch.TLSOff}[text]
			continue
		}
		field := fields.FieldByNameFunc(func(field string) bool {
			return strings.EqualFold(field, strings.ReplaceAll(name, "_", ""))
		})
		switch field.Interface().(type) {
		case time.Duration:
			duration, err := time.ParseDuration(text)
			if err != nil {
				return nil, err
			}
			if duration == 0 {
				// Zero is unset, and less means none.
				duration = -1
			}
			field.SetInt(int64(duration))
		case int:
			field.SetInt(int64(value.(float64)))
		case bool:
			field.SetBool(value.(bool))
		default:
			field.SetString(text)
		}
	}
	return options, nil
}

func call(args []any) (any, error) {
	value, err := client.Do(ctx, args...).Result()
	if err == redlatch.Nil {
		return nil, nil
	}
	return plain(value), err
}

// plain is a reply that JSON can hold.
func plain(value any) any {
	switch value := value.(type) {
	case map[any]any:
		object := map[string]any{}
		for name, field := range value {
			object[fmt.Sprint(name)] = plain(field)
		}
		return object
	case []any:
		for at := range value {
			value[at] = plain(value[at])
		}
	}
	return value
}

func shown(err error) map[string]any {
	var failure *redlatch.Error
	if !errors.As(err, &failure) {
		return map[string]any{"code": nil, "texts": forms(err)}
	}
	is := []string{}
	for _, code := range redlatch.Codes() {
		if errors.Is(err, code.Err) {
			is = append(is, code.Err.Error(), code.FamilyErr.Error())
		}
	}
	return map[string]any{
		"code": failure.Code, "number": failure.Number, "retry": failure.Retry, "remedy": failure.Remedy,
		"evidence": failure.Evidence, "maybe_executed": failure.MaybeExecuted, "is": is, "texts": forms(err),
	}
}

func forms(thing any) []string {
	return []string{fmt.Sprintf("%v", thing), fmt.Sprintf("%+v", thing), fmt.Sprintf("%#v", thing)}
}

func main() {
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewReader(os.Stdin); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked ask
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		value, err := acts[asked.Do](&asked)
		answer := map[string]any{"value": value}
		if err != nil {
			answer = map[string]any{"error": shown(err)}
		}
		if err := out.Encode(answer); err != nil {
			panic(err)
		}
	}
}
