package conn

import "time"

// ParkAfter has sessions of push handlers parked after another time than usual,
// until the function that it returns is called. No session may live meanwhile.
func ParkAfter(d time.Duration) (restore func()) {
	usual := parkAfter
	parkAfter = d
	return func() { parkAfter = usual }
}
