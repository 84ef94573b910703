// Package hub distributes what is published in rooms to the members of each,
// in the same order to all, and keeps the last of it.
package hub
