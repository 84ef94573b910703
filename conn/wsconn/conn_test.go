package wsconn_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// raw is a server's Conn, and the bare stream that a client would have.
func raw(t *testing.T, net *conntest.Network, maxMessage int64) (client net.Conn, server *wsconn.Conn) {
	ln, err := net.Listen("server")
	require.NoError(t, err)
	client, err = net.Dial(t.Context(), "server")
	require.NoError(t, err)
	sock, err := ln.Accept()
	require.NoError(t, err)
	server = wsconn.NewServerConn(sock, maxMessage)
	t.Cleanup(func() { _ = client.Close(); _ = server.Close(); _ = ln.Close() })
	return client, server
}

// readUntil reads until an error that is no timeout, with deadlines that have
// passed, and as many as there are bytes at least.
func readUntil(c net.Conn) (out []byte, err error) {
	p := make([]byte, 64)
	for {
		_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
		n, err := c.Read(p)
		out = append(out, p[:n]...)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return out, err
		}
	}
}

// A read may time out behind any byte of a stream, the middle of a header
// included, and nothing is lost.
func TestReadIsRepeatableAtAnyByte(t *testing.T) {
	for name, s := range streams {
		if len(s.in) > 1000 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := raw(t, &conntest.Network{}, streamLimit)
				written := make(chan struct{})
				go func() {
					defer close(written)
					for _, b := range s.in {
						time.Sleep(3 * time.Millisecond) // two reads time out for each byte
						if _, err := client.Write([]byte{b}); err != nil {
							return
						}
					}
					time.Sleep(3 * time.Millisecond)
					_ = client.(interface{ CloseWrite() error }).CloseWrite()
				}()
				answer := make(chan []byte, 1)
				go func() {
					p, _ := io.ReadAll(client)
					answer <- p
				}()
				out, err := readUntil(server)
				require.Equal(t, s.out, string(out))
				require.Error(t, err)
				var broke *wsconn.CloseError
				switch {
				case s.code == 0:
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				case name == "close for an application":
					require.ErrorAs(t, err, &broke)
				case s.code == 1000:
					require.Equal(t, io.EOF, err)
				default:
					require.ErrorAs(t, err, &broke)
					require.Equal(t, s.code, broke.Code)
				}
				_, again := server.Read(make([]byte, 1))
				require.Equal(t, err, again, "the end stays the end")
				require.NoError(t, server.Close())
				if code := closeCode(t, <-answer); s.code != 0 {
					require.Equal(t, s.code, code)
				}
				<-written
			})
		})
	}
}

// closeCode is the code of the close frame that ends what a server has written:
// there has to be one, and nothing but pongs before it.
func closeCode(t *testing.T, p []byte) int {
	for {
		require.GreaterOrEqual(t, len(p), 2)
		first, size := p[0], int(p[1])
		require.LessOrEqual(t, size, min(125, len(p)-2))
		if first != fin|closeOp {
			require.EqualValues(t, fin|pong, first)
			p = p[2+size:]
			continue
		}
		require.Len(t, p, 2+size, "nothing follows a close frame")
		require.GreaterOrEqual(t, size, 2)
		return int(binary.BigEndian.Uint16(p[2:]))
	}
}

// A write that timed out says how much was taken, and what is left can be
// written later: in the middle of a header, too.
func TestWriteIsRepeatableAtAnyByte(t *testing.T) {
	for name, sides := range map[string]func(a, b net.Conn) (near, far *wsconn.Conn){
		"server": func(a, b net.Conn) (near, far *wsconn.Conn) {
			return wsconn.NewServerConn(a, 0), wsconn.NewClientConn(b, 0)
		},
		"client": func(a, b net.Conn) (near, far *wsconn.Conn) {
			return wsconn.NewClientConn(a, 0), wsconn.NewServerConn(b, 0)
		},
	} {
		for _, buffer := range []int{1, 2, 3, 5, 7, 100, 1000} {
			t.Run(fmt.Sprintf("%s, %d", name, buffer), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := conntest.New(&conntest.Config{Buffer: buffer})
					ln, err := network.Listen("far")
					require.NoError(t, err)
					defer ln.Close()
					a, err := network.Dial(t.Context(), "far")
					require.NoError(t, err)
					b, err := ln.Accept()
					require.NoError(t, err)
					near, far := sides(a, b)
					defer far.Close()
					var want []byte
					for _, size := range []int{1, 125, 126, 300, 70_000, 3} {
						want = append(want, long[:min(size, buffer*1000)]...)
					}
					go func() {
						defer near.Close()
						for rest := want; len(rest) > 0; {
							_ = near.SetWriteDeadline(time.Now().Add(time.Millisecond))
							n, err := near.Write(rest[:min(len(rest), 1+len(rest)/3)])
							if rest = rest[n:]; err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
								return
							}
							time.Sleep(time.Millisecond)
						}
						_ = near.SetWriteDeadline(time.Time{})
					}()
					var got []byte
					p := make([]byte, 1000)
					for err == nil {
						time.Sleep(3 * time.Millisecond) // so that the writer finds no room
						var n int
						n, err = far.Read(p)
						got = append(got, p[:n]...)
					}
					require.Equal(t, io.EOF, err)
					require.Equal(t, want, got)
				})
			})
		}
	}
}

// One write is one message, in one write to the socket.
func TestOneWriteIsOneMessage(t *testing.T) {
	for _, client := range []bool{false, true} {
		for _, size := range []int{1, 125, 126, 0xffff, 0x10000, 64<<10 + 100} {
			sock := &counting{}
			c := wsconn.NewServerConn(sock, 0)
			if client {
				c = wsconn.NewClientConn(sock, 0)
			}
			n, err := c.Write([]byte(long[:size]))
			require.NoError(t, err)
			require.Equal(t, size, n)
			require.Equal(t, 1, sock.writes)
			d := wsconn.NewDecoder(client, 0)
			require.Equal(t, size, d.Decode(sock.last))
			require.Equal(t, long[:size], string(sock.last[:size]))
		}
	}
}

// A socket that counts what it is given.
type counting struct {
	net.Conn
	writes int
	last   []byte
}

func (c *counting) Write(p []byte) (int, error) {
	c.writes++
	c.last = bytes.Clone(p)
	return len(p), nil
}

// A longer write is messages of a MiB, which peers with limits take.
func TestALongWriteIsSeveralMessages(t *testing.T) {
	client, server := net.Pipe()
	near, far := wsconn.NewServerConn(server, 0), wsconn.NewClientConn(client, 1<<20)
	want := bytes.Repeat([]byte("0123456789abcdef"), 5<<20/32)
	go func() {
		_, _ = near.Write(want)
		_ = near.Close()
	}()
	got, err := io.ReadAll(far)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, far.Close())
}

// A ping is answered although nothing is written; of many, the last is.
func TestPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := raw(t, &conntest.Network{}, 0)
		go func() { _, _ = io.Copy(io.Discard, server) }()
		ask := func(payloads ...string) {
			var all []byte
			for _, p := range payloads {
				all = append(all, frame(fin|pingOp, p)...)
			}
			_, err := client.Write(all)
			require.NoError(t, err)
		}
		hear := func(want []byte) {
			got := make([]byte, len(want))
			_, err := io.ReadFull(client, got)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		ask("there?")
		hear(plain(fin|pong, "there?"))
		ask("")
		hear(plain(fin|pong, ""))
		ask("one", "two", "three")
		hear(plain(fin|pong, "three"))
		// The answer does not disturb a write deadline that has been set, nor
		// does one that has passed stop it.
		require.NoError(t, server.SetWriteDeadline(time.Unix(1, 0)))
		ask("late?")
		hear(plain(fin|pong, "late?"))
		synctest.Wait()
		_, err := server.Write([]byte("x"))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

// A peer that pings and does not read costs one answer, and then its link.
func TestPingsOfAPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := raw(t, conntest.New(&conntest.Config{Buffer: 1000}), 0)
		read := make(chan error, 1)
		go func() {
			_, err := server.Read(make([]byte, 100))
			read <- err
		}()
		begin := time.Now()
		var err error
		for err == nil {
			_, err = client.Write(frame(fin|pingOp, long[:125]))
			time.Sleep(time.Millisecond)
		}
		require.ErrorIs(t, <-read, net.ErrClosed)
		require.InDelta(t, 10, time.Since(begin).Seconds(), 1)
	})
}

// While a write waits for the peer, pings do not keep the reader from reading.
func TestPingsWhileAWriteWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := raw(t, conntest.New(&conntest.Config{Buffer: 1000}), 0)
		go func() { _, _ = server.Write([]byte(long)) }()
		synctest.Wait()
		go func() {
			_, _ = client.Write(join(frame(fin|pingOp, "a"), frame(fin|binaryOp, "still here")))
		}()
		p := make([]byte, 100)
		n, err := server.Read(p)
		require.NoError(t, err)
		require.Equal(t, "still here", string(p[:n]))
		// The answer follows the message that was under way.
		got := make([]byte, 10+len(long)+3)
		_, err = io.ReadFull(client, got)
		require.NoError(t, err)
		require.Equal(t, plain(fin|pong, "a"), got[10+len(long):])
	})
}

// A message that a write has left half done is finished before anything else is
// said.
func TestNothingIsSaidWithinAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := raw(t, conntest.New(&conntest.Config{Buffer: 100}), 0)
		require.NoError(t, server.SetWriteDeadline(time.Now().Add(time.Second)))
		n, err := server.Write([]byte(long[:200]))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, 96, n)
		require.NoError(t, server.SetWriteDeadline(time.Time{}))
		go func() { _, _ = server.Read(make([]byte, 1)) }()
		_, err = client.Write(frame(fin|pingOp, "now?"))
		require.NoError(t, err)
		synctest.Wait()
		require.ErrorContains(t, server.CloseWrite(), "half written")

		got := make([]byte, 100)
		_, err = io.ReadFull(client, got)
		require.NoError(t, err)
		go func() { _, _ = server.Write([]byte(long[n:200])) }()
		got = make([]byte, 104+6)
		_, err = io.ReadFull(client, got)
		require.NoError(t, err)
		require.Equal(t, join([]byte(long[n:200]), plain(fin|pong, "now?")), got)
		synctest.Wait()
		require.NoError(t, server.CloseWrite())
	})
	synctest.Test(t, func(t *testing.T) {
		client, server := raw(t, conntest.New(&conntest.Config{Buffer: 100}), 0)
		require.NoError(t, server.SetWriteDeadline(time.Now().Add(time.Second)))
		_, err := server.Write([]byte(long[:200]))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		_, err = io.ReadFull(client, make([]byte, 50)) // there is room now
		require.NoError(t, err)
		require.NoError(t, server.Close())
		rest, err := io.ReadAll(client)
		require.NoError(t, err)
		require.Len(t, rest, 50)
	})
}
