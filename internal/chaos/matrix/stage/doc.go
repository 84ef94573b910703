// Package stage has the transports that a case of the fault matrix is played on.
//
//	stage.Each(t, 1, func(t *testing.T, over stage.Over, r *row.Row) {
//		ln, err := over.Listen("127.0.0.1:0")
//		…
//		go srv.Serve(ctx, ln)
//		c, err := conn.Dial(ctx, over.Target(ln.Address()), over.Client(&conn.Config{}))
//	})
//
// All speak from the same certificate, which follows from a fixed key: processes
// that know nothing of each other trust each other's.
package stage
