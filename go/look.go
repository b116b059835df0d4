package redlatch

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// look is for those who wait for bytes of one client. One who is alone looks for the bytes for a moment
// before they sleep, as long as that finds some. With others it would only be in their way.
type look struct {
	waiting atomic.Int32
	poll    core.BusyPoll
}

// looking is held by the one in the program who looks. As long as somebody runs, the runtime does not ask
// the system whose bytes have come: after all too much of it, one wait is a sleep.
var looking struct {
	taken atomic.Bool
	spent time.Duration
}

func (k *look) isAlone() bool { return k.waiting.Load() <= 1 }

// find reads what there is, or comes in a moment. It reads nothing if that is for others to do, or not
// worth it; those who have none then may sleep.
func (k *look) find(read func() (int, error)) (count int, err error) {
	if !k.isAlone() || !looking.taken.CompareAndSwap(false, true) {
		return 0, nil
	}
	defer looking.taken.Store(false)
	patience := k.poll.Patience()
	switch {
	case patience == 0:
		k.poll = k.poll.Waited(0)
		return 0, nil
	case looking.spent > spentAtOnce:
		looking.spent = 0
		return 0, nil
	}
	if count, err = read(); count > 0 || err != nil {
		return count, err
	}
	wait := time.Duration(0)
	for begun := time.Now(); wait <= patience && count == 0 && err == nil; wait = time.Since(begun) {
		if !k.isAlone() {
			return 0, nil
		}
		// Whoever has something to do does it meanwhile.
		runtime.Gosched()
		count, err = read()
	}
	looking.spent += wait
	k.poll = k.poll.Waited(wait)
	return count, err
}

const spentAtOnce = 2 * time.Millisecond
