module github.com/longsplice/longsplice/internal/chaos/soak

go 1.25.0

require (
	github.com/longsplice/longsplice v0.0.0
	github.com/longsplice/longsplice/internal/chaos/matrix v0.0.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

require (
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/pool v0.2.1 // indirect
	github.com/gobwas/ws v1.4.0 // indirect
	github.com/longsplice/longsplice/conn/wsconn v0.0.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

// The soak belongs to the checkout that it came with.
replace (
	github.com/longsplice/longsplice => ../../..
	github.com/longsplice/longsplice/conn/wsconn => ../../../conn/wsconn
	github.com/longsplice/longsplice/internal/chaos/matrix => ../matrix
)
