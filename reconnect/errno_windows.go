package reconnect

import "syscall"

// The system returns its own numbers; the constants that package syscall has
// under the POSIX names are invented there and never returned. See "Windows
// Sockets Error Codes" and "System Error Codes" in the Windows documentation.
var (
	errnoRefused = []syscall.Errno{
		10061, // WSAECONNREFUSED
		1225,  // ERROR_CONNECTION_REFUSED
	}
	errnoUnreachable = []syscall.Errno{
		10049, // WSAEADDRNOTAVAIL
		10050, // WSAENETDOWN
		10051, // WSAENETUNREACH
		10064, // WSAEHOSTDOWN
		10065, // WSAEHOSTUNREACH
		1231,  // ERROR_NETWORK_UNREACHABLE
		1232,  // ERROR_HOST_UNREACHABLE
	}
	errnoClosed = []syscall.Errno{
		10052, // WSAENETRESET
		10053, // WSAECONNABORTED
		10054, // WSAECONNRESET
		64,    // ERROR_NETNAME_DELETED
		109,   // ERROR_BROKEN_PIPE
		232,   // ERROR_NO_DATA: the pipe is being closed
		1236,  // ERROR_CONNECTION_ABORTED
	}
	errnoTimeout = []syscall.Errno{
		10060, // WSAETIMEDOUT
		121,   // ERROR_SEM_TIMEOUT
	}
)
