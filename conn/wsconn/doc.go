// Package wsconn carries connections of package conn over WebSocket.
package wsconn
