package conn_test

import (
	"context"
	"io"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// longest is more than any message takes, header included.
const longest = 20_000

// send sends in every way, until all is calm or the session is over.
func (e *stressEnd) send(s *ledger.Stream, draw func(int) int, mayFlush bool) {
	for n := draw(60); n > 0; n-- {
		select {
		case <-time.After(nap(draw) / time.Duration(1+draw(100))):
		case <-e.calm:
			return
		case <-e.Done():
			return
		}
		size := 1 + draw(1+draw(400))
		if draw(40) == 0 {
			size = draw(longest - 100)
		}
		ctx, cancel := brief(e, draw)
		if draw(2) == 0 {
			ctx, cancel = context.WithTimeout(context.Background(), time.Second)
		}
		var err error
		switch draw(6) {
		case 0, 1:
			err = e.Send(ctx, s.Offer(size))
		case 2, 3:
			err = e.TrySend(s.Offer(size))
		case 4:
			var batch *conn.Batch
			batch, err = conn.Encode(s.OfferAll(size, draw(50), draw(50))...)
			if err == nil {
				err = e.TrySendBatch(batch)
			}
		case 5:
			if mayFlush {
				e.flush(ctx)
			}
			cancel()
			continue
		}
		s.Answer(err == nil)
		cancel()
		e.known(err)
		if err == conn.ErrFull {
			e.awaitRoom(draw)
		}
	}
}

// awaitRoom waits to be told of room, or does not.
func (e *stressEnd) awaitRoom(draw func(int) int) {
	bell := make(chan struct{})
	e.NotifyWritable(func() { close(bell) })
	e.mu.Lock()
	e.bells = append(e.bells, bell)
	e.mu.Unlock()
	if draw(4) > 0 {
		select {
		case <-bell:
		case <-e.calm:
		case <-e.Done():
		}
	}
}

// flush checks that Flush returns nil only for what was consumed.
func (e *stressEnd) flush(ctx context.Context) error {
	before := [2]int{e.streams[0].Accepted(), e.streams[1].Accepted()}
	err := e.Flush(ctx)
	if err == nil {
		for i, s := range e.streams {
			s.Acknowledged(before[i])
		}
	}
	if err != io.EOF {
		e.known(err)
	}
	return err
}
