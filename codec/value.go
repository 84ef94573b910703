package codec

import (
	"encoding/json"
	"fmt"
)

// Codec turns values into payloads and back. It is the seam between framing,
// which knows bytes alone, and what an application sends.
//
// Append appends the encoding of v to dst and returns the extended slice; on an
// error it returns dst as it was. It keeps neither.
//
// Decode replaces *v by the value in p. It never keeps or aliases p, which is
// often borrowed from a [Reader]; the value is the caller's to keep. On an error
// *v is as it was. It reads all of p and takes nothing less for a value.
//
// A Codec is used by many goroutines at once.
type Codec[T any] interface {
	Append(dst []byte, v T) ([]byte, error)
	Decode(p []byte, v *T) error
}

// JSON returns the Codec of encoding/json, with its rules. Each Decode begins
// with a zero T, so no field of an earlier value in *v shines through; bytes
// after the JSON value, other than white space, are an error. Values never alias
// the payload, unless T has an UnmarshalJSON of its own that does, against that
// interface's rules.
func JSON[T any]() Codec[T] { return jsonCodec[T]{} }

type jsonCodec[T any] struct{}

func (jsonCodec[T]) Append(dst []byte, v T) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return dst, fmt.Errorf("codec: encoding this side's value: %w", err)
	}
	return append(dst, b...), nil
}

func (jsonCodec[T]) Decode(p []byte, v *T) error {
	var fresh T
	if err := json.Unmarshal(p, &fresh); err != nil {
		return fmt.Errorf("codec: decoding the peer's value: %w", err)
	}
	*v = fresh
	return nil
}

// Bytes returns the Codec that takes the payload as it is. Decode makes a new
// slice each time, never nil, so values decoded earlier stay as they are. It
// returns no errors.
func Bytes() Codec[[]byte] { return bytesCodec{} }

type bytesCodec struct{}

func (bytesCodec) Append(dst []byte, v []byte) ([]byte, error) {
	return append(dst, v...), nil
}

func (bytesCodec) Decode(p []byte, v *[]byte) error {
	*v = append(make([]byte, 0, len(p)), p...)
	return nil
}

// String returns the Codec that takes the payload as a string. The string is a
// copy, and is not checked for being UTF-8. It returns no errors.
func String() Codec[string] { return stringCodec{} }

type stringCodec struct{}

func (stringCodec) Append(dst []byte, v string) ([]byte, error) {
	return append(dst, v...), nil
}

func (stringCodec) Decode(p []byte, v *string) error {
	*v = string(p)
	return nil
}
