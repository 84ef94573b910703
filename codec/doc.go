/*
Package codec cuts byte streams into messages, and turns messages into values.

A TCP connection, a pipe or a file knows only bytes. codec puts a length in
front of each message, so that the other end finds where it stops. [Format] says
how the length looks, [Writer] and [Reader] apply it to any io.Writer and
io.Reader, [Format.Append] to a slice. A [Codec] encodes what is in a message:
[JSON], [Bytes], [String], or one of your own. The package uses nothing but the
standard library.

# A program

	package main

	import (
		"fmt"
		"log"
		"net"

		"github.com/longsplice/longsplice/codec"
	)

	func main() {
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
	}

# The wire

	┌──────────────┬───────────────────┬──────────────────────┐
	│ length       │ payload           │ CRC-32C, if CRC      │
	│ 1 2 3 4 8 or │ 0 to Max bytes    │ 4 bytes              │
	│ varint bytes │                   │                      │
	└──────────────┴───────────────────┴──────────────────────┘
	               ├───────────── length counts ──────────────┤
	├─────────────────── Inclusive: length counts ────────────┤
	├──────── CRC-32C covers ──────────┤

	length = len(payload) + (4 if CRC) + (width of the prefix if Inclusive)

Prefix and checksum are big-endian, or little-endian with LittleEndian; a varint
is unsigned LEB128 in either case. The checksum is CRC-32C: polynomial
0x1EDC6F41, reflected, initial value and final inversion 0xFFFFFFFF; that of
"123456789" is 0xE3069283. It finds accidents, not attacks. It is verified when
the whole frame has arrived, so a length that was corrupted upwards is noticed
only then, by the limit, or by the end of the stream.

What others call these formats:

	Erlang {packet,1}, {packet,2}, {packet,4}   Format{Prefix: Prefix1}, Prefix2, Prefix4
	protobuf writeDelimitedTo, protodelim       Format{Prefix: PrefixVarint}
	Kafka, Thrift's framed transport            Format{}, with their Max
	DNS over TCP                                Format{Prefix: Prefix2}

Protobuf parsers also take varints that are padded with zeros; this package
refuses them, and the usual encoders do not write them in front of a message.
Kafka and Thrift read the length as a signed number: keep Max below 2 GiB.

# Limits

Max bounds the payload in both directions, 1 MiB unless set. A longer one is
refused with a [*SizeError] before any memory is allocated for it, be it passed
by the caller or announced by the peer. Within the limit too, a Reader's memory
follows what has arrived, never what was claimed. A frame of n bytes needs one
buffer of at most twice n at the Reader, one of about n at the Writer. Lengths
are compared as 64-bit numbers without sums that could wrap, on 32-bit platforms
too, where no frame reaches 2 GiB.

# Ownership and concurrency

[Reader.Next] lends its slice until the next call; copy what must stay, or decode
it with a Codec, whose values never alias the payload. In programs built with
-race the loan's end overwrites the slice with 0xDB, so that a forgotten copy
shows in the tests. A Reader is for one goroutine at a time, a Writer for any
number, a Format and the Codecs of this package are immutable.

Neither closes the stream under it, starts a goroutine or sets a deadline.

# Errors

Each error says whose fault it was and how far the harm goes. This side's, one
message: a [*SizeError] that is not Remote. This side's program: [ErrFormat]. The
peer's, and the stream is lost: a [*SizeError] that is Remote, [ErrMalformed],
[ErrChecksum]. The network's: what the stream itself reports, [io.EOF] only
between frames, [io.ErrUnexpectedEOF] within one. After an error of the stream
other than its end, a Reader carries on where it stopped, but a Writer is at its
end ([ErrBroken]), for half a frame may be on the wire.

# Sources

  - CRC-32C: G. Castagnoli, S. Bräuer, M. Herrmann, "Optimization of Cyclic
    Redundancy-Check Codes with 24 and 32 Parity Bits", IEEE Transactions on
    Communications 41 (6), 1993; RFC 3720, section 12.1 and the test vectors of
    appendix B.4.
  - Varints and delimited messages: protobuf.dev, "Encoding" and "Techniques:
    Streaming Multiple Messages".
  - Erlang's framing: the options {packet, N} of inet:setopts/2 in the
    documentation of the Kernel application.
*/
package codec
