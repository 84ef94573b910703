package wsconn_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/wsconn"
)

func TestOrigin(t *testing.T) {
	list := []string{"https://app.example.org", "http://localhost:3000", "null"}
	for _, c := range []struct {
		host    string
		origins []string // of the request
		list    []string
		allowed bool
	}{
		{"example.org", nil, nil, true},
		{"example.org", []string{"https://example.org"}, nil, true},
		{"example.org", []string{"http://example.org"}, nil, true},
		{"Example.org", []string{"https://eXample.org"}, nil, true},
		{"example.org:443", []string{"https://example.org"}, nil, true},
		{"example.org", []string{"https://example.org:443"}, nil, true},
		{"example.org:8080", []string{"http://example.org:8080"}, nil, true},
		{"[::1]:8080", []string{"http://[::1]:8080"}, nil, true},
		{"[::1]", []string{"http://[::1]"}, nil, true},

		{"example.org", []string{"https://example.org:8443"}, nil, false},
		{"example.org:8080", []string{"https://example.org"}, nil, false},
		{"example.org:80", []string{"https://example.org"}, nil, false},
		{"example.org", []string{"https://evil.example"}, nil, false},
		{"example.org", []string{"https://sub.example.org"}, nil, false},
		{"sub.example.org", []string{"https://example.org"}, nil, false},
		{"example.org", []string{"https://example.org.evil.example"}, nil, false},
		{"example.org", []string{"https://evilexample.org"}, nil, false},
		{"example.org", []string{"https://evil.example/example.org"}, nil, false},
		{"example.org", []string{"https://evil.example#example.org"}, nil, false},
		{"example.org", []string{"null"}, nil, false},
		{"example.org", []string{""}, nil, false},
		{"", []string{""}, nil, false},
		{"example.org", []string{"example.org"}, nil, false},
		{"example.org", []string{"://"}, nil, false},
		{"example.org", []string{"file://"}, nil, false},
		{"", []string{"file://"}, nil, false},
		{"example.org", []string{"https://example.org", "https://example.org"}, nil, false},

		{"example.org", []string{"https://app.example.org"}, list, true},
		{"example.org", []string{"https://APP.example.org"}, list, true},
		{"example.org", []string{"http://app.example.org"}, list, false},
		{"example.org", []string{"https://app.example.org:8443"}, list, false},
		{"example.org", []string{"http://localhost:3000"}, list, true},
		{"example.org", []string{"null"}, list, true},
		{"example.org", []string{"https://example.org"}, list, true},
		{"example.org", []string{"https://evil.example"}, list, false},
		{"example.org", []string{"https://evil.example"}, []string{"*"}, true},
	} {
		r := upgradeRequest()
		r.Host = c.host
		r.Header["Origin"] = c.origins
		w := httptest.NewRecorder() // which cannot be hijacked
		_, err := wsconn.Upgrade(w, r, &wsconn.Config{Origins: c.list})
		require.Error(t, err)
		want := http.StatusForbidden
		if c.allowed {
			want = http.StatusInternalServerError
		}
		require.Equal(t, want, w.Code, "%q from %q, allowed %q", c.host, c.origins, c.list)
	}
}
