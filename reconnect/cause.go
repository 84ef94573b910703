package reconnect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"syscall"
)

// A Cause is the kind of a failure, alike on all systems. It is for choosing
// words and metrics; what Run does never depends on it.
type Cause int

const (
	// CauseNone: there was no failure.
	CauseNone Cause = iota
	// CauseOther: none of the others.
	CauseOther
	// CausePermanent: marked with [Permanent].
	CausePermanent
	// CauseDirected: marked with [RetryAfter].
	CauseDirected
	// CauseCanceled: a context was cancelled on our own side.
	CauseCanceled
	// CauseDNS: the name could not be resolved, in time or at all.
	CauseDNS
	// CauseTLS: the peer's certificate or its TLS was not accepted, or ours by it.
	CauseTLS
	// CauseRefused: the host answered, and nothing listens there.
	CauseRefused
	// CauseUnreachable: there is no way to the host at present.
	CauseUnreachable
	// CauseClosed: the peer closed or reset the connection.
	CauseClosed
	// CauseTimeout: no answer in time.
	CauseTimeout
)

var causeNames = [...]string{
	CauseNone:        "none",
	CauseOther:       "other",
	CausePermanent:   "permanent",
	CauseDirected:    "directed",
	CauseCanceled:    "canceled",
	CauseDNS:         "dns",
	CauseTLS:         "tls",
	CauseRefused:     "refused",
	CauseUnreachable: "unreachable",
	CauseClosed:      "closed",
	CauseTimeout:     "timeout",
}

// String returns the cause as one lower-case word, fit for a metric's label.
func (c Cause) String() string {
	if c < 0 || int(c) >= len(causeNames) {
		return causeNames[CauseOther]
	}
	return causeNames[c]
}

// Classify returns the kind of err, seen through any wrapping. Classify(nil)
// is CauseNone. A [*GaveUpError] is of the kind of the failure in it.
func Classify(err error) Cause {
	// The order matters where an error is of several kinds: marks go before
	// everything, and a timeout says less than what it was that timed out.
	switch {
	case err == nil:
		return CauseNone
	case is[*permanentError](err):
		return CausePermanent
	case is[*retryAfterError](err):
		return CauseDirected
	case errors.Is(err, context.Canceled):
		return CauseCanceled
	case is[*net.DNSError](err):
		return CauseDNS
	case isTLS(err):
		return CauseTLS
	case isErrno(err, errnoRefused), isNoSocket(err):
		return CauseRefused
	case isErrno(err, errnoUnreachable):
		return CauseUnreachable
	case isErrno(err, errnoClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return CauseClosed
	case isTimeout(err):
		return CauseTimeout
	}
	return CauseOther
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func isErrno(err error, kind []syscall.Errno) bool {
	var e syscall.Errno
	return errors.As(err, &e) && slices.Contains(kind, e)
}

// isNoSocket recognises the dial of a unix socket whose file is gone, as it is
// while its server restarts.
func isNoSocket(err error) bool {
	return is[*net.OpError](err) && errors.Is(err, fs.ErrNotExist)
}

func isTimeout(err error) bool {
	var e interface{ Timeout() bool } // net.Error, context.DeadlineExceeded, ETIMEDOUT
	return errors.As(err, &e) && e.Timeout() ||
		errors.Is(err, os.ErrDeadlineExceeded) || isErrno(err, errnoTimeout)
}

func isTLS(err error) bool {
	return is[tls.RecordHeaderError](err) || is[tls.AlertError](err) ||
		is[*tls.CertificateVerificationError](err) || is[*tls.ECHRejectionError](err) ||
		is[x509.UnknownAuthorityError](err) || is[x509.HostnameError](err) ||
		is[x509.CertificateInvalidError](err) || isAlert(err)
}

// isAlert recognises an alert that was sent or received, for which crypto/tls
// has no exported type: it is a *net.OpError whose Op says so.
func isAlert(err error) bool {
	var e *net.OpError
	return errors.As(err, &e) && (e.Op == "remote error" || e.Op == "local error")
}
