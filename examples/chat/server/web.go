package main

import (
	"embed"
	"io/fs"
	"net/http"
)

// The page is part of the program.
//
//go:embed web
var web embed.FS

// policy lets the page load what comes with it, and connect to where it came
// from. Scripts and styles within the page do not run.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func page() http.Handler {
	files, err := fs.Sub(web, "web")
	if err != nil {
		panic(err) // the name is a constant
	}
	return safe(http.FileServerFS(files))
}

// safe tells browsers what not to do with what comes from h.
func safe(h http.Handler) http.Handler {
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
