//go:build !unix

package conn

// maxFiles is how many files the process may have open, 0 for no limit.
func maxFiles() int { return 0 }
