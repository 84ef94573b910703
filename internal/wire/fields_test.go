package wire_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/longsplice/longsplice/internal/wire"
)

// hexBytes is hexadecimal text in JSON.
type hexBytes []byte

func (b hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, b), nil }

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// fields are those of every kind; a vector has the ones of its own.
type fields struct {
	Plain      *bool     `json:"plain,omitempty"`
	Resumed    *bool     `json:"resumed,omitempty"`
	Code       *uint16   `json:"code,omitempty"`
	Epoch      *uint64   `json:"epoch,omitempty,string"`
	ID         *hexBytes `json:"session_id,omitempty"`
	Attempt    *uint64   `json:"attempt,omitempty,string"`
	Received   *uint64   `json:"received,omitempty,string"`
	Consumed   *uint64   `json:"consumed,omitempty,string"`
	Sent       *uint64   `json:"sent,omitempty,string"`
	Final      *uint64   `json:"final,omitempty,string"`
	Window     *uint32   `json:"window,omitempty"`
	MaxMessage *uint32   `json:"max_message,omitempty"`
	MinPing    *uint32   `json:"min_ping_ms,omitempty"`
	TTL        *uint32   `json:"ttl_ms,omitempty"`
	Token      *hexBytes `json:"token,omitempty"`
	Credential *hexBytes `json:"credential,omitempty"`
	RetryMin   *uint32   `json:"retry_min_ms,omitempty"`
	RetryMax   *uint32   `json:"retry_max_ms,omitempty"`
	Reason     *string   `json:"reason,omitempty"`
	Message    *hexBytes `json:"message,omitempty"`
	Nonce      *uint64   `json:"nonce,omitempty,string"`
	Body       *hexBytes `json:"body,omitempty"`
}

// decode parses a body into the fields of its kind.
func decode(kind wire.Kind, body []byte) (f fields, err error) {
	switch kind {
	case wire.KindHello:
		var h wire.Hello
		h, err = wire.ParseHello(body)
		f = fields{
			Plain: &h.Plain, Epoch: &h.Epoch, Attempt: &h.Attempt, Received: &h.Received, Consumed: &h.Consumed,
			Window: &h.Window, MaxMessage: &h.MaxMessage, Token: tokenText(h.Token), Credential: bytesOf(h.Credential),
		}
	case wire.KindWelcome:
		var w wire.Welcome
		w, err = wire.ParseWelcome(body)
		f = fields{
			Resumed: &w.Resumed, Epoch: &w.Epoch, ID: bytesOf(w.ID[:]), Received: &w.Received, Consumed: &w.Consumed,
			Window: &w.Window, MaxMessage: &w.MaxMessage, MinPing: millis(w.MinPing), TTL: millis(w.TTL), Token: tokenText(w.Token),
		}
	case wire.KindRefuse:
		var r wire.Refuse
		r, err = wire.ParseRefuse(body)
		code := uint16(r.Code)
		f = fields{Code: &code, Epoch: &r.Epoch, RetryMin: millis(r.Retry.Min), RetryMax: millis(r.Retry.Max), Reason: &r.Reason}
	case wire.KindData:
		f.Message = bytesOf(body)
	case wire.KindAck:
		var a wire.Ack
		a, err = wire.ParseAck(body)
		f = fields{Received: &a.Received, Consumed: &a.Consumed, Sent: &a.Sent}
	case wire.KindPing, wire.KindPong:
		var nonce uint64
		nonce, err = wire.ParseNonce(body)
		f.Nonce = &nonce
	case wire.KindGoAway:
		var g wire.GoAway
		g, err = wire.ParseGoAway(body)
		f = fields{RetryMin: millis(g.Min), RetryMax: millis(g.Max)}
	case wire.KindClose:
		var c wire.Close
		c, err = wire.ParseClose(body)
		f = fields{Code: &c.Code, Final: &c.Final, Consumed: &c.Consumed, Reason: &c.Reason}
	case wire.KindAckReq:
	default:
		f.Body = bytesOf(body)
	}
	return f, err
}

// encode is the frame of a kind with these fields.
func encode(kind wire.Kind, f fields) []byte {
	switch kind {
	case wire.KindHello:
		h := wire.Hello{
			Plain: *f.Plain, Epoch: *f.Epoch, Attempt: *f.Attempt, Received: *f.Received, Consumed: *f.Consumed,
			Window: *f.Window, MaxMessage: *f.MaxMessage, Token: tokenOf(*f.Token), Credential: *f.Credential,
		}
		return h.Append(nil)
	case wire.KindWelcome:
		w := wire.Welcome{
			Resumed: *f.Resumed, Epoch: *f.Epoch, ID: wire.ID(*f.ID), Received: *f.Received, Consumed: *f.Consumed,
			Window: *f.Window, MaxMessage: *f.MaxMessage, MinPing: duration(f.MinPing), TTL: duration(f.TTL), Token: tokenOf(*f.Token),
		}
		return w.Append(nil)
	case wire.KindRefuse:
		retry := wire.GoAway{Min: duration(f.RetryMin), Max: duration(f.RetryMax)}
		r := wire.Refuse{Code: wire.RefuseCode(*f.Code), Epoch: *f.Epoch, Retry: retry, Reason: *f.Reason}
		return r.Append(nil)
	case wire.KindData:
		return wire.AppendData(nil, *f.Message)
	case wire.KindAck:
		return wire.Ack{Received: *f.Received, Consumed: *f.Consumed, Sent: *f.Sent}.Append(nil)
	case wire.KindAckReq:
		return wire.AppendAckReq(nil)
	case wire.KindPing, wire.KindPong:
		return wire.AppendNonce(nil, kind, *f.Nonce)
	case wire.KindGoAway:
		return wire.GoAway{Min: duration(f.RetryMin), Max: duration(f.RetryMax)}.Append(nil)
	case wire.KindClose:
		return wire.Close{Code: *f.Code, Final: *f.Final, Consumed: *f.Consumed, Reason: *f.Reason}.Append(nil)
	}
	return append(wire.AppendHeader(nil, kind, len(*f.Body)), *f.Body...)
}

var kindNames = map[wire.Kind]string{
	wire.KindHello: "HELLO", wire.KindWelcome: "WELCOME", wire.KindRefuse: "REFUSE", wire.KindData: "DATA",
	wire.KindAck: "ACK", wire.KindAckReq: "ACKREQ", wire.KindPing: "PING", wire.KindPong: "PONG",
	wire.KindGoAway: "GOAWAY", wire.KindClose: "CLOSE",
}

func kindName(k wire.Kind) string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("%#02x", byte(k))
}

func (f fields) String() string {
	text, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func bytesOf(p []byte) *hexBytes { b := hexBytes(p); return &b }

func tokenText(t wire.Token) *hexBytes {
	if t.IsZero() {
		return bytesOf(nil)
	}
	return bytesOf(t[:])
}

func tokenOf(b hexBytes) (t wire.Token) {
	copy(t[:], b)
	return t
}

func millis(d time.Duration) *uint32 { ms := uint32(d / time.Millisecond); return &ms }

func duration(ms *uint32) time.Duration { return time.Duration(*ms) * time.Millisecond }
