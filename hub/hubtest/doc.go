// Package hubtest has what tests of hubs on several nodes need: the suite that
// every hub.Broker has to pass, a broker for one process, and a way to a broker
// that loses, delays and cuts off.
//
// A test of a broker is
//
//	func TestMyBroker(t *testing.T) {
//		hubtest.TestBroker(t, func(t *testing.T) []hub.Broker[string] {
//			server := start(t)
//			return []hub.Broker[string]{connect(t, server), connect(t, server)}
//		})
//	}
//
// and a test of an application on two nodes
//
//	broker := hubtest.NewLocal[string]()
//	defer broker.Close()
//	way := hubtest.NewNode(broker)
//	one := hub.New(hub.Config[string]{Broker: broker})
//	two := hub.New(hub.Config[string]{Broker: way})
//	…
//	way.Partition() // and see what the application makes of it
//
// [NewLocal] is for tests, although nothing keeps a program from using it where
// several hubs of one process share rooms. A hub without a broker is faster.
package hubtest
