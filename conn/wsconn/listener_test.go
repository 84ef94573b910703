package wsconn_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/wsconn"
)

// A request is upgraded only when somebody takes the connection.
func TestListenerNobodyAccepts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := wsconn.NewListener(nil)
		defer ln.Close()
		begin, w := time.Now(), httptest.NewRecorder()
		ln.ServeHTTP(w, upgradeRequest())
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
		require.Equal(t, 5*time.Second, time.Since(begin))

		// A client that has gone is not waited for.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin = time.Now()
		ln.ServeHTTP(httptest.NewRecorder(), upgradeRequest().WithContext(ctx))
		require.Equal(t, time.Second, time.Since(begin))
	})
}

func TestListenerClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := wsconn.NewListener(nil)
		accepted, answered := make(chan error), make(chan int)
		go func() {
			_, err := ln.Accept()
			accepted <- err
		}()
		synctest.Wait()
		require.NoError(t, ln.Close())
		require.ErrorIs(t, <-accepted, net.ErrClosed)
		go func() {
			w := httptest.NewRecorder()
			ln.ServeHTTP(w, upgradeRequest())
			answered <- w.Code
		}()
		begin := time.Now()
		require.Equal(t, http.StatusServiceUnavailable, <-answered)
		require.Zero(t, time.Since(begin))
		require.NoError(t, ln.Close())
		_, err := ln.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		require.Equal(t, "websocket", ln.Addr().Network())
		require.Equal(t, "websocket", ln.Addr().String())
	})
}

// A request that cannot be upgraded after all costs nobody else a turn.
func TestListenerGoesOn(t *testing.T) {
	ln := wsconn.NewListener(nil)
	defer ln.Close()
	e := serve(t, false, ln)
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	w := httptest.NewRecorder() // which cannot be hijacked
	ln.ServeHTTP(w, upgradeRequest())
	require.Equal(t, http.StatusInternalServerError, w.Code)
	c, err := new(wsconn.Dialer).Dial(limited(t, 10*time.Second), e.target)
	require.NoError(t, err)
	defer c.Close()
	s := <-accepted
	require.Equal(t, c.LocalAddr().String(), s.RemoteAddr().String())
	require.NoError(t, s.Close())
}
