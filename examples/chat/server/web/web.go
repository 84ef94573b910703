// Package web is the chat's page.
package web

import (
	"embed"
	"net/http"
)

//go:embed *.html *.css *.js
var files embed.FS

// policy lets the page load what comes with it, and connect to where it came
// from. Scripts and styles within the page do not run.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Page serves the page and what belongs to it.
func Page() http.Handler { return Safe(http.FileServerFS(files)) }

// Safe tells browsers what not to do with what comes from h.
func Safe(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for key, value := range map[string]string{
			"Content-Security-Policy":      policy,
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
			"Cache-Control":                "no-cache",
		} {
			w.Header().Set(key, value)
		}
		h.ServeHTTP(w, r)
	})
}
