package wsconn

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// Upgrade makes a WebSocket of a request. On an error it has answered the
// request, with a status and a line of text that says what was wrong.
//
// What the connection held for HTTP is let go of when the handler returns, which
// it should do at once. Deadlines that the http.Server had set are cleared.
// Headers that are set on w, such as cookies, go out with the answer.
func Upgrade(w http.ResponseWriter, r *http.Request, cfg *Config) (*Conn, error) {
	cfg = cfg.orZero()
	value, refused := cfg.check(w.Header(), r)
	if refused != nil {
		http.Error(w, refused.Text, refused.Code)
		return nil, refused
	}
	return cfg.upgrade(w, r, value)
}

// check is what has to hold before a request can be upgraded, and returns the
// Conn's Value. What HTTP demands to be said besides goes to header.
func (c *Config) check(header http.Header, r *http.Request) (value any, refused *StatusError) {
	refuse := func(code int, format string, args ...any) (any, *StatusError) {
		return nil, &StatusError{Code: code, Text: fmt.Sprintf(format, args...)}
	}
	if r.Method != http.MethodGet {
		header.Set("Allow", http.MethodGet)
		return refuse(http.StatusMethodNotAllowed, "a WebSocket begins with GET")
	}
	if r.ProtoMajor != 1 || r.ProtoMinor < 1 {
		return refuse(http.StatusHTTPVersionNotSupported, "a WebSocket begins with HTTP/1.1")
	}
	if !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket") {
		header.Set("Connection", "Upgrade")
		header.Set("Upgrade", "websocket")
		return refuse(http.StatusUpgradeRequired, "this is a WebSocket endpoint")
	}
	if v := r.Header.Get("Sec-WebSocket-Version"); v != "13" {
		header.Set("Sec-WebSocket-Version", "13")
		return refuse(http.StatusUpgradeRequired, "WebSocket version 13 is spoken here")
	}
	if len(r.Header.Get("Sec-WebSocket-Key")) != 24 {
		return refuse(http.StatusBadRequest, "Sec-WebSocket-Key is not 16 bytes in base64")
	}
	if !c.allowed(r) {
		return refuse(http.StatusForbidden, "pages of this origin may not connect")
	}
	if sub := c.subprotocol(); !hasToken(r.Header, "Sec-WebSocket-Protocol", sub) {
		return refuse(http.StatusBadRequest, "the subprotocol %q has to be offered", sub)
	}
	if c.Admit == nil {
		return nil, nil
	}
	value, err := c.Admit(r)
	switch {
	case err == nil:
		return value, nil
	case errors.As(err, &refused):
		return nil, refused
	}
	return refuse(http.StatusForbidden, "not admitted")
}

// upgradeTimeout is how long a client has to take the answer to its upgrade.
const upgradeTimeout = 5 * time.Second

// upgrade makes a WebSocket of a request that has been checked.
func (c *Config) upgrade(w http.ResponseWriter, r *http.Request, value any) (*Conn, error) {
	u := ws.HTTPUpgrader{
		Timeout:  upgradeTimeout,
		Header:   w.Header(),
		Protocol: func(p string) bool { return p == c.subprotocol() },
	}
	sock, rw, _, err := u.Upgrade(r, w)
	if err != nil {
		if sock != nil {
			_ = sock.Close() // nothing was begun on it
		}
		return nil, fmt.Errorf("wsconn: upgrade: %w", err)
	}
	// A client may have sent more than its request.
	pre, err := io.ReadAll(io.LimitReader(rw.Reader, int64(rw.Reader.Buffered())))
	if err != nil {
		_ = sock.Close() // nothing was begun on it
		return nil, fmt.Errorf("wsconn: upgrade: %w", err)
	}
	if len(pre) == 0 {
		pre = nil // it has room for more, which would be kept
	}
	nc := newConn(sock, ws.StateServerSide, limit(c.MaxMessage), pre)
	nc.value = value
	return nc, nil
}

// hasToken reports whether a header that is a list has an element. Names of
// subprotocols differ by case; the others are written in lower case here.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for element := range strings.SplitSeq(line, ",") {
			element = strings.TrimSpace(element)
			if element == token || name != "Sec-WebSocket-Protocol" && strings.EqualFold(element, token) {
				return true
			}
		}
	}
	return false
}
