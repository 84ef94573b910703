module github.com/longsplice/longsplice/conn/wsconn/internal/compare

go 1.25.0

require (
	github.com/coder/websocket v1.8.15
	github.com/gobwas/ws v1.4.0
	github.com/gorilla/websocket v1.5.3
	github.com/longsplice/longsplice v0.0.0
	github.com/longsplice/longsplice/conn/wsconn v0.0.0
	github.com/lxzan/gws v1.8.9
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/dolthub/maphash v0.1.0 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/pool v0.2.1 // indirect
	github.com/klauspost/compress v1.17.9 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.6.0 // indirect
)

// The comparison belongs to the checkout that it came with.
replace (
	github.com/longsplice/longsplice => ../../../..
	github.com/longsplice/longsplice/conn/wsconn => ../..
)
