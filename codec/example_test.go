package codec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/longsplice/longsplice/codec"
)

// Messages over a connection: the program of the package documentation.
func Example() {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		w := codec.NewWriter(far, codec.Format{})
		for _, s := range []string{"hello", "goodbye"} {
			if err := w.WriteFrame([]byte(s)); err != nil {
				log.Print(err)
				return
			}
		}
	}()
	for p, err := range codec.NewReader(near, codec.Format{}).All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", p) // p is borrowed until the next turn
	}
	// Output:
	// hello
	// goodbye
}

// An Erlang process with a socket in {packet, 4} mode reads and writes these
// bytes.
func ExampleFormat_erlang() {
	frame, err := codec.Format{Prefix: codec.Prefix4}.Append(nil, []byte("ping"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n", frame)
	// Output:
	// 00 00 00 04 70 69 6e 67
}

// A stream of protobuf messages as Java's writeDelimitedTo and Go's protodelim
// write it. The message here is field 1, varint 150, of the protobuf
// documentation; encode yours with proto.Marshal.
func ExampleFormat_protobufDelimited() {
	delimited := codec.Format{Prefix: codec.PrefixVarint, Max: 64 << 20}
	var stream bytes.Buffer
	message := []byte{0x08, 0x96, 0x01}
	if err := codec.NewWriter(&stream, delimited).WriteBatch(message, message); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n", stream.Bytes())
	for p, err := range codec.NewReader(&stream, delimited).All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("message % x\n", p) // proto.Unmarshal copies
	}
	// Output:
	// 03 08 96 01 03 08 96 01
	// message 08 96 01
	// message 08 96 01
}

// A Kafka request: four bytes of length, then a header with API key, version
// and correlation id. Thrift's framed transport differs in nothing but Max.
func ExampleFormat_kafka() {
	kafka := codec.Format{Max: 100 << 20}                  // a broker's socket.request.max.bytes
	request := binary.BigEndian.AppendUint16(nil, 18)      // ApiVersions
	request = binary.BigEndian.AppendUint16(request, 0)    // version
	request = binary.BigEndian.AppendUint32(request, 4711) // correlation id
	request = binary.BigEndian.AppendUint16(request, 0xFFFF)
	frame, err := kafka.Append(nil, request)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n", frame)
	// Output:
	// 00 00 00 0a 00 12 00 00 00 00 12 67 ff ff
}

// A checksum finds what TCP's own missed.
func ExampleFormat_checksum() {
	f := codec.Format{CRC: true}
	frame, err := f.Append(nil, []byte("pay 100"))
	if err != nil {
		log.Fatal(err)
	}
	frame[8] ^= 0x08 // "1" becomes "9"
	_, err = codec.NewReader(bytes.NewReader(frame), f).Next()
	fmt.Println(errors.Is(err, codec.ErrChecksum))
	// Output:
	// true
}

// A payload over the limit is refused before anything is allocated or written.
func ExampleSizeError() {
	_, err := codec.Format{Max: 100}.Append(nil, make([]byte, 101))
	var tooLarge *codec.SizeError
	if errors.As(err, &tooLarge) {
		fmt.Println(tooLarge.Size, tooLarge.Max, "the peer's fault:", tooLarge.Remote)
	}
	announced := bytes.NewReader([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	_, err = codec.NewReader(announced, codec.Format{}).Next()
	fmt.Println(err)
	// Output:
	// 101 100 the peer's fault: false
	// codec: peer announced a payload of 4294967295 bytes, over this side's limit of 1048576
}

// A TCP server that answers each frame. Deadlines are the connection's own; a
// Reader carries on after one, even in the middle of a frame.
func ExampleReader_Next() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r, w := codec.NewReader(conn, codec.Format{}), codec.NewWriter(conn, codec.Format{})
		for p, err := range r.All() {
			if err != nil || w.WriteFrame(bytes.ToUpper(p)) != nil {
				return
			}
		}
	}()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	r := codec.NewReader(conn, codec.Format{})
	conn.SetReadDeadline(time.Unix(1, 0)) // long past
	_, err = r.Next()
	fmt.Println("timeout:", errors.Is(err, os.ErrDeadlineExceeded))
	conn.SetReadDeadline(time.Time{})

	if err := codec.NewWriter(conn, codec.Format{}).WriteFrame([]byte("still here")); err != nil {
		log.Fatal(err)
	}
	p, err := r.Next()
	fmt.Printf("%s %v\n", p, err)

	conn.(*net.TCPConn).CloseWrite()
	_, err = r.Next()
	fmt.Println("clean end:", err == io.EOF)
	conn.Close()
	listener.Close()
	// Output:
	// timeout: true
	// STILL HERE <nil>
	// clean end: true
}

// Values instead of bytes.
func ExampleJSON() {
	type move struct {
		Player string `json:"player"`
		X, Y   int
	}
	moves := codec.JSON[move]()
	var stream bytes.Buffer
	w := codec.NewWriter(&stream, codec.Format{})

	payload, err := moves.Append(nil, move{"white", 3, 4})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.WriteFrame(payload); err != nil {
		log.Fatal(err)
	}

	payload, err = codec.NewReader(&stream, codec.Format{}).Next()
	if err != nil {
		log.Fatal(err)
	}
	var m move
	if err := moves.Decode(payload, &m); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", m) // m may be kept: it shares nothing with payload
	// Output:
	// {Player:white X:3 Y:4}
}
