package main

import (
	"encoding/binary"
	"net"
	"sync"
)

// A framed client writes frames and reads them.
type framed struct {
	nc   net.Conn
	in   *frames
	done chan struct{}
	once sync.Once

	keep  int  // bytes that Send keeps back
	alone bool // one goroutine sends, and needs no lock

	mu  sync.Mutex // covers out, unless alone
	out []byte
}

// greet names the room, waits for the welcome, and then receives.
func greet(f *framed, to target) (client, error) {
	f.in, f.done = &frames{r: f.nc}, make(chan struct{})
	if _, err := f.nc.Write(appendFrame(nil, binary.BigEndian.AppendUint32(nil, to.room))); err != nil {
		f.nc.Close()
		return nil, err
	}
	if _, err := f.in.next(); err != nil {
		f.nc.Close()
		return nil, err
	}
	go func() {
		defer close(f.done)
		for {
			msg, err := f.in.next()
			if err != nil {
				return
			}
			to.receive(f, msg)
		}
	}()
	return f, nil
}

func (f *framed) Send(msg []byte) error {
	if !f.alone {
		f.mu.Lock()
		defer f.mu.Unlock()
	}
	f.out = appendFrame(f.out, msg)
	if len(f.out) > f.keep {
		return f.writeOut()
	}
	return nil
}

func (f *framed) Flush() error {
	if f.keep == 0 {
		return nil
	}
	return f.writeOut()
}

func (f *framed) writeOut() error {
	_, err := f.nc.Write(f.out)
	f.out = f.out[:0]
	return err
}

func (f *framed) Done() <-chan struct{} { return f.done }

func (f *framed) Close() error {
	err := f.nc.Close()
	<-f.done
	return err
}
