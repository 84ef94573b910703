package main

import (
	"context"
	"io"
	"os"
)

// An output is written by a goroutine of its own, because a write to standard
// output cannot be interrupted: an interrupt must not wait for a reader that
// does not read.
type output struct {
	buf  []byte // belongs to the goroutine while it writes
	jobs chan func() error
	done chan error
	w    io.Writer
}

func write(w io.Writer) *output {
	out := &output{jobs: make(chan func() error), done: make(chan error, 1), w: w}
	go func() {
		for job := range out.jobs {
			out.done <- job()
		}
	}()
	return out
}

// write writes p. When ctx ends first, the write is left behind with a copy of
// p, and nothing else may be written.
func (out *output) write(ctx context.Context, p []byte) error {
	out.buf = append(out.buf[:0], p...)
	return out.do(ctx, func() error {
		_, err := out.w.Write(out.buf)
		return err
	})
}

// sync returns when the data is on the disk, if the output is a file.
func (out *output) sync(ctx context.Context) error {
	return out.do(ctx, func() error {
		f, ok := out.w.(*os.File)
		if !ok {
			return nil
		}
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return err
		}
		return f.Sync()
	})
}

func (out *output) do(ctx context.Context, job func() error) error {
	out.jobs <- job
	select {
	case err := <-out.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stop ends the goroutine as soon as its write has returned.
func (out *output) stop() { close(out.jobs) }
