package redlatch

import (
	"context"
	"errors"
	"fmt"

	"github.com/redlatch/redlatch/go/internal/core"
)

// provider gives the parts of a material.
type provider func(ctx context.Context) ([][]byte, error)

// providers are whom a client asks, by number of the material.
type providers map[uint16]provider

// providers are the callbacks among the options.
func (o *Options) providers() (providers, error) {
	found := providers{}
	if o.TrustProvider != nil {
		found[core.Trust] = o.TrustProvider
	}
	if o.IdentityProvider != nil {
		found[core.Identity] = func(ctx context.Context) ([][]byte, error) {
			chain, key, err := o.IdentityProvider(ctx)
			return [][]byte{chain, key}, err
		}
	}
	var names []string
	credentials := func(name string, given bool, provide func(ctx context.Context) (Credentials, error)) {
		if given {
			names = append(names, name)
			found[core.Credentials] = func(ctx context.Context) ([][]byte, error) {
				credentials, err := provide(ctx)
				return [][]byte{credentials.document()}, err
			}
		}
	}
	credentials("Credentials", o.Credentials != nil, o.Credentials)
	credentials("CredentialsProviderContext", o.CredentialsProviderContext != nil, func(ctx context.Context) (Credentials, error) {
		username, password, err := o.CredentialsProviderContext(ctx)
		return Credentials{Username: username, Secret: password}, err
	})
	credentials("CredentialsProvider", o.CredentialsProvider != nil, func(context.Context) (Credentials, error) {
		username, password := o.CredentialsProvider()
		return Credentials{Username: username, Secret: password}, nil
	})
	if len(names) > 1 {
		conflict := newError(configConflict, "")
		conflict.Evidence = map[string]string{"first": names[0], "second": names[1]}
		conflict.Message += fmt.Sprintf(" (first=%s, second=%s)", names[0], names[1])
		return nil, conflict
	}
	return found, nil
}

// provide answers a question of the core. Close does not wait for it: a callback may hang.
func (e *engine) provide(material uint16, id uint64) {
	e.providers.ask(e.ctx, e, material, func(parts [][]byte, err error) { e.answer(material, id, parts, err) })
}

// ask calls whoever provides a material, and hands on what came of it. The context tells the callback
// that it must not use its owner.
func (p providers) ask(ctx context.Context, owner any, material uint16, answer func(parts [][]byte, err error)) {
	ctx, cancel := context.WithCancel(context.WithValue(ctx, asked{}, owner))
	defer cancel()
	var parts [][]byte
	err := errors.New("the provider ended its goroutine")
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
		answer(parts, err)
	}()
	provide := p[material]
	if provide == nil {
		err = errors.New("the client has no provider for it")
		return
	}
	parts, err = provide(ctx)
}

// answer tells the core what came of a question. A refusal is an event.
func (e *engine) answer(material uint16, id uint64, parts [][]byte, err error) {
	e.handIn(supply(material, id, parts, err))
}

// supply is the call that answers a question.
func supply(material uint16, id uint64, parts [][]byte, err error) func(*core.Client, *core.Batch) core.View {
	return func(client *core.Client, batch *core.Batch) core.View {
		if err != nil {
			return client.SupplyFailed(batch, material, id, err.Error())
		}
		return client.Supply(batch, material, id, pack(parts))
	}
}

// asked is the key under which the context of a provider holds its client.
type asked struct{}

// misuse tells that a context is that of a provider of this client, which would wait for itself.
func (e *engine) misuse(ctx context.Context) error {
	if len(e.providers) > 0 && ctx.Value(asked{}) == e {
		return newError(clientMisuse, "a provider must not use the client it provides for")
	}
	return nil
}
