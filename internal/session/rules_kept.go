//go:build !mutants

package session

const broken = NoRule
