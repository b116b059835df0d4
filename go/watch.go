package redlatch

import (
	"context"

	"github.com/redlatch/redlatch/go/internal/core"
)

// TxFailedErr is go-redis's name of ErrClientWatchChanged.
var TxFailedErr = ErrClientWatchChanged

// Tx is a client with a connection to itself, for as long as the function of Watch runs. Its commands
// run there at once; those of its TxPipeline run only if no watched key was changed.
type Tx struct{ commands }

// Watch runs a function with a connection to itself that watches keys: read what the decision needs,
// then queue the writes with tx.TxPipelined. If a watched key was changed by anybody meanwhile, or is
// gone by its time, none of the writes runs and their error is ErrClientWatchChanged: run Watch again.
// ErrClientWatchLost tells that the connection was lost, and with it what was watched.
//
//	err := rdb.Watch(ctx, func(tx *redlatch.Tx) error {
//		stock, err := tx.Get(ctx, "stock").Int()
//		if err != nil || stock == 0 {
//			return err
//		}
//		_, err = tx.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
//			pipe.Set(ctx, "stock", stock-1, 0)
//			return nil
//		})
//		return err
//	}, "stock")
//
// The connection is one of MaxConnections (ErrClientQueueFull) and is used again. A rotation does not
// move it before the function ends. The error is that of the function, or of WATCH.
func (c *Client) Watch(ctx context.Context, transaction func(*Tx) error, keys ...string) error {
	if c.err != nil {
		return c.err
	}
	held, err := c.engine.openLane(core.LaneHeld, nil, nil)
	if err != nil {
		return err
	}
	defer held.close()
	tx := &Tx{commands{engine: c.engine, lane: held, observer: c.observer}}
	if len(keys) > 0 {
		if err := tx.Watch(ctx, keys...).Err(); err != nil {
			return err
		}
	}
	return transaction(tx)
}

// Watch watches more keys.
func (tx *Tx) Watch(ctx context.Context, keys ...string) *StatusCmd {
	return run[StatusCmd](ctx, &tx.commands, append([]string{"WATCH"}, keys...)...)
}

// Unwatch forgets all keys that are watched, those of Watch included.
func (tx *Tx) Unwatch(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, &tx.commands, "UNWATCH")
}
