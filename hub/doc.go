// Package hub distributes what is published in rooms to their members. A room is
// a bounded log with a total order, and each member a cursor on it: what was
// said is there for those who come later, as far as it is kept; a member that is
// slow is a cursor that falls behind, and delays nobody. The package knows
// nothing of connections: a [Member] is anything that can be offered a value.
// Package hubconn makes one of a connection of package conn.
//
// # A program
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//		"log"
//
//		"github.com/longsplice/longsplice/hub"
//	)
//
//	func main() {
//		ctx := context.Background()
//		rooms := hub.New(hub.Config[string]{})
//		defer rooms.Close()
//
//		member := hub.MemberFunc[string](func(_ *hub.Sub[string], line string) hub.Answer {
//			fmt.Println(line)
//			return hub.Taken
//		})
//		if _, err := rooms.Publish(ctx, "lobby", "the first line"); err != nil {
//			log.Fatal(err)
//		}
//		sub, err := rooms.Join(ctx, "lobby", member, hub.As("ann"), hub.Last(10))
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer sub.Leave()
//		if _, err := rooms.Publish(ctx, "lobby", "the second line"); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// # Values, signals, notices
//
// [Hub.Publish] appends a value to a room. It has a [Position], and all members
// are offered it in the same order. [Hub.Signal] offers something to those who are
// there and keeps nothing of it; [Hub.SendTo] does so for one user. A [Notice] is
// what the hub itself has to tell: where a member begins, what it missed, who
// came and who left. [Config.Notice] makes a value of it, so that it is offered
// in its place among the others; without it nothing is told.
//
// Several values are offered as one, where [Config.Merge] can put them together.
// What a member is offered is taken whole or refused: see [Answer].
//
// # Positions, and how to count them
//
// Values need not carry their positions. The notice [Joined] says at which one a
// member begins; each value is one further; the notice [Gap] says where it goes
// on. A member that so knows its position can leave, and join [From] there
// later: what it missed meanwhile is offered to it, and what is not kept any
// more is told as a Gap. [Sub.Position] is the same by the hub's own count, and
// so does without notices.
//
// A room that was dropped and is made again, or whose broker has lost its memory,
// is in another epoch. A Gap between epochs says that nobody knows what is
// missing.
//
// Under the policy [Latest] values that were replaced are passed over without a
// word, so there counting fails: use Sub.Position.
//
// # Members that are behind
//
// A member that answers [Busy] costs nothing until [Sub.Ready] is called. Its
// next values stay in the log for as long as Room.Backlog, Room.Bytes and
// Room.Age allow. What happens when they have to go is the room's [Policy]:
//
//	            publishers                 the member who is behind
//	SkipAhead   do not wait                goes on behind, is told a Gap
//	Latest      do not wait                is given the newest of each key; a Gap
//	                                       only for what had no newer value
//	Block       wait, Room.Block at most   as SkipAhead, if it was not in time
//	Disconnect  do not wait                ends with ErrBehind
//
// Without Config.Notice a Gap cannot be told. The membership then ends, whatever
// the policy. With a [Broker], Block is SkipAhead: one node's members hold up no
// other node.
//
// Members who keep up miss nothing, however fast others publish: publishers wait
// when the hub itself cannot get a room's values out in time, for as long as
// their context allows. What nobody can be made to wait for is told as a gap: more
// comings and goings at once than Room.Backlog, values that grow older than Room.Age
// or are given up for MaxBytes before they are offered, and what a broker passed over.
//
// # Presence
//
// Members who join [As] a user are seen, by [Hub.Users] and the notices. A user
// with several members has come once, and is gone when the last one has left and
// Room.Grace has passed, so a connection that is replaced by another in time goes
// unnoticed. Joined and Gap say who is there at that moment; [Present] and
// [Absent] what changes. They are true in the end, but need not alternate: one
// who is Present may have been so before. Being told of n users by each of n
// members is n² notices; for large rooms where nobody looks, join without As.
//
// # Personal rooms
//
// The room [Personal] of a user admits members of that user alone, but everybody
// can publish in it: a mailbox. What came while its owner was away is there on
// return, From the position where the last member was. It is kept as
// Config.Personal says, for a day by default.
//
// # Several nodes
//
// A [Broker] orders what several hubs publish and gives out the positions. Each
// hub then keeps a copy of the end of each room that has members at it. Presence
// is each node's own: Users are those at this node. Package hubtest has the suite
// that a broker has to pass, and a broker for hubs in one process.
//
// # Memory
//
// For each room, apart from what a broker keeps:
//
//	values          ≤ Room.Bytes (4 MiB), by Config.Size
//	entries         ≤ 4 × max(Room.History, Room.Backlog) + 64, about 120 bytes each,
//	                notices of presence among them; at rest ≤ Room.History values
//	each member     about 300 bytes
//	each user       about 100 bytes
//
// The values of all rooms together are ≤ Config.MaxBytes (1 GiB): a room that
// needs more gives up what it has kept longest, and Publish fails if that is not
// enough. A room without members and values costs nothing; it is dropped.
//
// Besides these there is what is being offered: one merged value of Config.MaxRun
// (64 KiB) for each room that is in motion. All members who keep up are offered
// the same one, and members who catch up from the same place share theirs. How
// long a member holds on to what it took is its own affair: see hubconn for
// connections.
//
// # Concurrency
//
// All methods may be called concurrently, and by a Member's Offer. No lock is
// held while anything of the application's is called. Offers of one Sub are never
// concurrent, and none begins after Leave has returned.
//
// Where a room has few members, whoever publishes, joins, leaves or calls Ready
// offers to them what there is, for a while; a goroutine takes over where it
// takes long, and serves larger rooms from the start. So do not call the hub with
// a lock held that an Offer takes.
//
// An Offer must not block, and not end its goroutine, as testing.T.FailNow does.
// If it panics, the membership ends with a PanicError; if Merge or Notice do, those
// of all for whom the value was.
//
// # Limitations
//
//   - Order is total in each room. Between rooms there is none.
//   - Everything is in memory, unless a Broker keeps it.
//   - A hub's rooms are served by one goroutine each at a time: one room does not
//     use two cores.
//   - A member that moves to a node which is behind the one that it was at is
//     made to wait for up to a second. If the node is still behind then, a Gap
//     says so, and the member is given values again.
package hub
