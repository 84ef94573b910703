// Package wire is the Longsplice wire format: one function to append and one
// to parse for each frame kind. docs/wire.md is its specification and
// conn/testdata holds its vectors.
//
// A frame is a big-endian uint32 length N ≥ 1 and N bytes: a kind and a body.
// Nothing here does IO, allocates by a claimed size or keeps a caller's slice.
package wire
