// Package boltbroker keeps what is published in the rooms of a hub in a file, so
// that nobody is offered a value that is not on the disk, and a process that
// comes back goes on where it was: positions hold over restarts, also after a
// crash.
//
// The file is a bbolt database, which one process at a time can have open. It is
// a Broker for the hubs of that process.
//
//	lines, err := boltbroker.Open("chat.db", boltbroker.Config[*conn.Batch]{
//		Marshal:   (*conn.Batch).MarshalBinary,
//		Unmarshal: conn.ParseBatch,
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer lines.Close()
//	rooms := hubconn.Config()
//	rooms.Broker = lines
//	h := hub.New(rooms)
//
// # What it costs
//
// A value is offered when its transaction is on the disk. All that is published
// while the disk is busy goes into the next transaction together, so the rate of
// publishing does not depend on the disk's speed, and the delay is that of one or
// two writes.
//
// Two goroutines do the work. One commits. The other hands over what has been
// committed, in that order, so that a commit need not wait for members.
//
// # Beside the rooms
//
// An application may keep more in the same file: [Broker.Update] has its writes
// take part in the same transactions, and [Broker.View] reads. Buckets whose names
// begin with "hub." are the broker's own.
package boltbroker
