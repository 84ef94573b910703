// Client is a chat client for a terminal that does not mind if the network
// goes away.
//
//	go run ./examples/chat/client -server tcp://127.0.0.1:7777 -name ann -room lobby
//
// In a terminal it fills the screen. Where its input or output is none, or with
// -plain, it is a filter: each line of the input is said in the (first) room,
// lines with a slash are commands, and each line of the chat is one line of the
// output,
//
//	2026-11-20T12:00:00Z #lobby ann: hello
//	2026-11-20T12:00:01Z #lobby * bob waves
//	2026-11-20T12:00:02Z @bob ann: a private line to, or from, bob
//
// while everything else goes to the standard error. At the end of the input it
// waits until all has come back from the server, and ends. Its exit status is
//
//	0    all that was said has arrived
//	1    something has not arrived, or may not have; it is on the standard error
//	2    the command line is wrong
//	3    the server has refused the login, or ended the session on purpose
//	130  interrupted
package main
