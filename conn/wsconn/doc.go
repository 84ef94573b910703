// Package wsconn carries the sessions of package conn over WebSocket (RFC 6455):
// for pages in browsers, and through networks that let nothing but HTTP pass. A
// session may begin on a WebSocket and resume over TCP, or the other way round.
//
// # A server
//
// A [Listener] is an HTTP handler whose requests become links of a conn.Server,
// beside those of other listeners:
//
//	srv := conn.NewServer(handler, nil)
//	ln := wsconn.NewListener(nil)
//	go srv.Serve(ctx, ln)
//	go srv.Serve(ctx, tcp) // the same sessions
//
//	mux := http.NewServeMux()
//	mux.Handle("/longsplice", ln)
//	web := &http.Server{
//		Addr:              ":8080",
//		Handler:           mux,
//		ReadHeaderTimeout: 5 * time.Second,  // a request that trickles in is cut off
//		ReadTimeout:       10 * time.Second, // as is one that is refused and does not end
//		MaxHeaderBytes:    4 << 10,          // net/http takes 4 KiB more
//	}
//	err := web.ListenAndServe() // or ListenAndServeTLS, for wss://
//
// The http.Server bounds what happens before the upgrade; without the last three
// settings a stranger may keep a connection for ever and take a megabyte for a
// request. ReadTimeout should be longer than the 5 seconds that a request may wait;
// it does not concern what has been upgraded. After the upgrade the limits are those of [conn.Config], from the handshake on. MaxConns
// holds for a Listener as for any other: while the server has as many
// links as it takes, requests wait, and after 5 seconds are answered with 503.
//
// An http.Server does not know of connections that have been upgraded, and its
// Shutdown does not wait for them. What ends them is conn.Server.Shutdown, which
// goes first: it closes the Listener at its end, and later requests are answered
// with 503.
//
//	err := errors.Join(srv.Shutdown(ctx), web.Shutdown(ctx))
//
// [Upgrade] is for what else may be done with a WebSocket, such as
// conn.Server.ServeConn. That needs a goroutine for each link, and does not count
// against MaxConns.
//
// # A client
//
// [Dialers] gives conn.Config what it needs for ws:// and wss:// targets. The
// path and query of a target are those of the request.
//
//	c, err := conn.Dial(ctx, "wss://example.org/longsplice", &conn.Config{Dialers: wsconn.Dialers(nil)})
//
// A [Dialer] has the settings: headers, TLS, a proxy. HTTP proxies are found in the
// environment as by net/http.
//
// A page needs no more than
//
//	const ws = new WebSocket("wss://example.org/longsplice", "longsplice");
//	ws.binaryType = "arraybuffer";
//
// and an implementation of the protocol in JavaScript.
//
// # Who may connect
//
// Browsers let any page open a WebSocket to any server, with the user's cookies.
// They do say where the page is from. A request whose Origin is not
// the server's own host is refused with 403 unless [Config.Origins] has it; a
// request without an Origin does not come from a page. Where a proxy changes the
// Host header, the pages' origin has to be listed.
//
// Clients must offer the subprotocol "longsplice". A page that wants to speak
// something else is told so rather than cut off later.
//
// What a client can prove belongs into the session's handshake, where
// [conn.Config.Authenticate] judges it for every transport alike. What only HTTP
// can tell, a cookie above all, is for [Config.Admit]; Authenticate finds what
// Admit returned:
//
//	user := p.Transport.(*wsconn.Conn).Value()
//
// The address that a session is judged by is the socket's. Behind a proxy that is
// the proxy's own: X-Forwarded-For is for anyone to write, and not believed.
// There conn.Config.MaxHandshakesPerIP and MaxFailedResumes count the clients
// of that proxy as one, and should be raised.
//
// # How bytes become messages
//
// What one end writes is a stream of bytes, and is what the other end reads. It
// is carried in binary messages, one after the other; their edges, and those of
// fragments, mean nothing. Empty messages are allowed and carry nothing.
// A Write becomes one unfragmented message, and
// several where it is longer than 1 MiB. Clients mask, as the RFC wants it.
//
//   - Text messages are refused with close code 1003, messages longer than
//     [Config.MaxMessage] with 1009, and what breaks the RFC with 1002 or 1007.
//     The peer has a quarter of a second to hear that.
//   - No extension is negotiated, so nothing is ever compressed, and nothing has
//     to be inflated.
//   - Pings are answered, the latest of several alone. None are sent: sessions
//     have heartbeats of their own, which also tell a link that is dead in one
//     direction. Neither counts as a sign of life for a session.
//   - A close frame with code 1000, 1001 or none is the end of the stream, io.EOF.
//     With another code it is a *[CloseError]. The end of the socket without a
//     close frame is an io.ErrUnexpectedEOF.
//   - The answer to a close frame is sent when the receiving end closes, as conn
//     does at once. Until then it may go on writing; so two ends of
//     this package can half-close a connection with CloseWrite, and conn's
//     last words arrive. A browser answers before anybody can write more.
//   - Close sends code 1000, if no message is half written. A link whose peer
//     is taken for dead is reset without a close frame.
//
// # Reads and writes
//
// A [Conn] keeps the state of a frame, not the frame: a Read that timed out within
// a header is repeated as if nothing had happened, and so is a Write. It has
// neither buffers nor goroutines of its own, but for one that ends when the pong
// that a peer waits for is written.
//
// Package conn uses the socket under a Conn as it uses one of TCP, see [Conn.Framed]:
// what is sent on a quiet link is written at once by the goroutine that sends, and an
// idle session holds no buffer, and with conn.OnMessage, on Linux, no goroutine. That
// is not so where TLS lies between, for wss: conn then goes through Read and Write.
// With conn.OnMessage an idle session has no goroutine there, either, and no buffer
// but those of TLS itself. Where a proxy ends TLS, ws is what reaches the server.
//
// # The library underneath
//
// The handshake, the rules for headers and close codes, and masking are those of
// github.com/gobwas/ws. The README has the comparison with other libraries that
// led there.
package wsconn
