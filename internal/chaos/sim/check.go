package main

import "bytes"

// checkReport compares what an end reports as lost with what really became of
// it, as far as that can be known now; verify looks again at the end.
func (w *world) checkReport(e *end, unknown, undelivered [][]byte) {
	v := &e.verdict
	w.checkFate(e)
	if v.sure < 0 {
		return
	}
	at := v.sure
	for _, msgs := range [][][]byte{unknown, undelivered} {
		for _, m := range msgs {
			if !bytes.Equal(m, e.accepted[at]) {
				w.fail("%s: reports other bytes than it accepted as message %d", e.name(), at)
				return
			}
			at++
		}
	}
}

// checkFate checks that the peer's application has consumed what an end takes
// for consumed, and nothing of what it reports as undelivered.
func (w *world) checkFate(e *end) {
	v, used := &e.verdict, 0
	if e.peer != nil {
		used = e.peer.used
	}
	switch {
	case v.sure < 0 || v.sure > used:
		w.fail("%s: takes %d messages for consumed, %d were", e.name(), v.sure, used)
	case used > v.sure+v.unknown:
		w.fail("%s: reports message %d as undelivered, %d were consumed", e.name(), v.sure+v.unknown, used)
	}
}

// observe checks what must hold at every moment.
func (w *world) observe() {
	for _, e := range w.ends {
		if !e.done {
			w.look(e)
		}
	}
}

func (w *world) look(e *end) {
	c := e.s.Count()
	w.mix(c.Acked)
	w.mix(c.Sent)
	w.mix(c.Queued)
	w.mix(c.Received)
	w.mix(c.Consumed)
	own, longest := w.setup.Limits[e.side], e.s.MaxSend()+5
	switch {
	case c.Acked < e.acked:
		w.fail("%s: acked went back from %d to %d", e.name(), e.acked, c.Acked)
	case c.Acked > c.Sent || c.Sent > c.High || c.High > c.Queued || c.Consumed > c.Received || c.Told > c.Consumed:
		w.fail("%s: cursors out of order: %+v", e.name(), c)
	case c.PeerReceived > c.High:
		w.fail("%s: the peer has received %d, %d was sent", e.name(), c.PeerReceived, c.High)
	case c.Queued-c.Acked > uint64(max(own.Buffer, longest)):
		w.fail("%s: outbox holds %d, cap %d", e.name(), c.Queued-c.Acked, own.Buffer)
	case e.held > max(own.Window, own.Message+5):
		w.fail("%s: inbox holds %d, window %d", e.name(), e.held, own.Window)
	}
	e.acked = c.Acked
	for len(e.flushes) > 0 && c.Acked >= e.flushes[0].target {
		w.meet(metFlushed)
		if e.peer == nil && e.flushes[0].count > 0 || e.peer != nil && e.peer.used < e.flushes[0].count {
			w.fail("%s: flushed, and not consumed", e.name())
		}
		e.flushes = e.flushes[1:]
	}
	if e.peer == nil {
		return
	}
	peer := e.peer.s.Count()
	switch {
	case c.Acked > peer.Consumed:
		w.fail("%s: acked %d, the peer has consumed %d", e.name(), c.Acked, peer.Consumed)
	case c.Received > peer.High:
		w.fail("%s: received %d, the peer has sent %d", e.name(), c.Received, peer.High)
	case c.PeerReceived > peer.Received:
		w.fail("%s: the peer has received %d, it says %d", e.name(), peer.Received, c.PeerReceived)
	}
}
