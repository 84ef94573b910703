//go:build !linux

package conn

import "errors"

const canPark = false

// Elsewhere sessions keep their goroutines.
type poller struct{}

type place struct{}

func (*poller) wait(*link) error { return errors.ErrUnsupported }
func (*poller) forget(*link)     {}
func (*poller) close()           {}
