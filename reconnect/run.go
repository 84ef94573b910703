package reconnect

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"time"
)

// run is one Run of a Dialer. Everything in it belongs to the goroutine that
// called Run.
type run[C io.Closer] struct {
	targets []string
	outage  *outage
	dial    *attempter[C]
	use     func(context.Context, C) error
	wake    <-chan struct{}
	tell    func(Event)

	target string // of the last attempt
	last   error  // the last failure, if any
}

func (d *Dialer[C]) newRun(use func(context.Context, C) error) *run[C] {
	random := d.Rand
	if random == nil {
		random = rand.Float64
	}
	targets := slices.Clone(d.Targets)
	if len(targets) == 0 {
		targets = []string{""}
	}
	if d.Shuffle {
		shuffle(targets, random)
	}
	tell := d.OnState
	if tell == nil {
		tell = func(Event) {}
	}
	return &run[C]{
		targets: targets,
		outage:  newOutage(d.Policy, len(targets), time.Now(), random),
		dial:    newAttempter(d.Dial, d.DialTimeout),
		use:     use,
		wake:    d.waker(),
		tell:    tell,
	}
}

func shuffle(targets []string, random func() float64) {
	for i := len(targets) - 1; i > 0; i-- {
		j := int(random() * float64(i+1))
		targets[i], targets[j] = targets[j], targets[i]
	}
}

// loop runs until there is no next attempt, and reports that as the last event.
func (r *run[C]) loop(ctx context.Context) error {
	r.forgetWake()
	for {
		if ctx.Err() != nil {
			return r.ended(ctx)
		}
		done, err := r.try(ctx)
		var permanent *permanentError
		switch {
		case done:
			return r.stopped(CauseNone, nil)
		case errors.As(err, &permanent):
			return r.stopped(CausePermanent, err)
		case ctx.Err() != nil:
			return r.ended(ctx)
		}
		r.last = err

		v := r.outage.lost(time.Now(), err)
		if v.limit != "" {
			return r.gaveUp(v)
		}
		r.tell(Event{State: StateReconnecting, Target: r.target, Attempt: r.outage.attempts + 1,
			Delay: v.delay, Cause: Classify(err), Err: err})
		r.wait(ctx, v)
	}
}

// try makes one attempt and, if it succeeds, keeps the connection until its
// end. It is done when use was.
func (r *run[C]) try(ctx context.Context) (done bool, err error) {
	number, i := r.outage.attempt()
	r.target = r.targets[i]
	r.tell(Event{State: StateConnecting, Target: r.target, Attempt: number})
	conn, err := r.dial.attempt(ctx, r.target)
	if err != nil {
		return false, err
	}
	err = r.keep(ctx, conn)
	r.forgetWake()
	return err == nil, err
}

// keep gives the connection to use. It is closed once, by whichever comes first
// of the end of use and the end of ctx.
func (r *run[C]) keep(ctx context.Context, conn C) error {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = conn.Close() // use learns of it by its own reads and writes
	})
	defer func() {
		if stop() {
			_ = conn.Close() // use is done with it
			return
		}
		<-closed
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	r.tell(Event{State: StateConnected, Target: r.target, Attempt: r.outage.attempts})
	r.outage.connected(time.Now())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return r.use(ctx, conn)
}

func (r *run[C]) wait(ctx context.Context, v verdict) {
	if v.delay == 0 {
		return
	}
	wake := r.wake
	if v.directed {
		wake = nil
	}
	timer := time.NewTimer(v.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
	if v.directed {
		r.forgetWake()
	}
}

// forgetWake drops a Wake that came while there was no delay to end.
func (r *run[C]) forgetWake() {
	select {
	case <-r.wake:
	default:
	}
}

func (r *run[C]) ended(ctx context.Context) error {
	return r.stopped(CauseCanceled, &endedError{err: ctx.Err(), cause: context.Cause(ctx), last: r.last})
}

func (r *run[C]) stopped(cause Cause, err error) error {
	r.tell(Event{State: StateStopped, Target: r.target, Attempt: r.outage.attempts, Cause: cause, Err: err})
	return err
}

func (r *run[C]) gaveUp(v verdict) error {
	err := &GaveUpError{Limit: v.limit, Attempts: r.outage.attempts, Elapsed: v.elapsed, Target: r.target, Err: r.last}
	r.tell(Event{State: StateGaveUp, Target: r.target, Attempt: r.outage.attempts, Cause: Classify(r.last), Err: err})
	return err
}
