// Package hubconn makes connections of package conn members of a hub.
package hubconn
