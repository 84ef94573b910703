// Package conn keeps message connections alive.
package conn
