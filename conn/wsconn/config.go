package wsconn

import (
	"cmp"
	"net/http"
)

// Subprotocol is the name of the protocol, as it is negotiated in the upgrade.
// It has no version: the first frame of a link, HELLO, has one.
const Subprotocol = "longsplice"

// Config configures the server's end. A nil Config and the zero Config mean the
// defaults. It must not be changed while it is in use.
type Config struct {
	// Origins are the origins, beside the server's own, whose pages may connect:
	// "https://app.example.org", with the port if it is not the scheme's own, or
	// "*" for any. A request without an Origin does not come from a page, and is
	// not refused for that.
	Origins []string

	// Admit, if set, judges a request in which all else is in order, for example
	// by a cookie, which a page cannot show to conn.Config.Authenticate. An error
	// answers the request: with the code and text of a *StatusError, else with
	// 403 and no word of the error. What Admit returns otherwise is the Conn's
	// Value; the request is not kept. It may be called concurrently.
	Admit func(r *http.Request) (value any, err error)

	// Subprotocol is the one that clients have to offer. Empty means
	// [Subprotocol].
	Subprotocol string

	// MaxMessage is the longest WebSocket message taken, in bytes, over all its
	// fragments. It protects other programs than this one, which holds no
	// message in memory; [conn.Config.MaxMessage] is a limit of its own. Zero
	// means 16 MiB, negative no limit.
	MaxMessage int64
}

var zeroConfig Config

func (c *Config) orZero() *Config {
	if c == nil {
		return &zeroConfig
	}
	return c
}

func (c *Config) subprotocol() string { return cmp.Or(c.Subprotocol, Subprotocol) }

// limit is a decoder's limit for a setting: 0 is none.
func limit(maxMessage int64) int64 {
	if maxMessage == 0 {
		return 16 << 20
	}
	return max(maxMessage, 0)
}
