package wsconn

import (
	"net/http"
	"net/url"
	"strings"
)

// allowed reports whether a request may come from where it says. Browsers put
// Origin into every upgrade, and pages cannot change it; they do not apply the
// same-origin policy to WebSockets themselves.
func (c *Config) allowed(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	if len(origins) > 1 {
		return false
	}
	for _, o := range c.Origins {
		if o == "*" || strings.EqualFold(o, origins[0]) {
			return true
		}
	}
	o, err := url.Parse(origins[0])
	if err != nil || o.Host == "" {
		return false
	}
	// Behind a proxy that ends TLS the scheme is not known here.
	return strings.EqualFold(hostPort(o.Host, o.Scheme), hostPort(r.Host, o.Scheme))
}

// hostPort is a host without the port that its scheme has anyway.
func hostPort(host, scheme string) string {
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}
