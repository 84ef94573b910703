//go:build !mutants

package room

const broken = NoRule
