// Package raw is the part of the fault matrix in which a peer means harm: it
// speaks the wire by hand, and says what no correct implementation would. Beside
// its rows it attacks what SECURITY.md says of memory.
//
// All of it is tests, over real sockets.
package raw
