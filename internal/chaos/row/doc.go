// Package row marks tests as rows of the fault table and takes down what they
// measured, for internal/chaos/report to print.
//
//	func TestTwoWayBlackHole(t *testing.T) {
//		r := row.Of(t, 3, "tcp")
//		…
//		r.Detected(640 * time.Millisecond)
//		r.Recovered(90 * time.Millisecond)
//		r.Messages(lost, doubled)
//	}
//
// What is taken down is an attribute of the test (testing.T.Attr), so it is in the
// output of go test -json and nowhere else. A mark asserts nothing: that is the
// test's own.
package row
