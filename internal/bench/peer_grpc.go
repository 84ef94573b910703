package main

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// One bidirectional stream of bytes for each connection, on a ClientConn of its
// own. The service is described by hand, for want of generated code to keep.
var grpcPeer = &peer{
	name:    "grpc",
	without: "resume, ack: a stream ends with its connection",
	tuned:   "one stream on each connection, BytesValue messages, PreparedMsg for fan-out, the default buffers, limits raised",
	serve:   serveGrpc,
	dial:    dialGrpc,
}

var grpcJoin = grpc.StreamDesc{StreamName: "Join", ServerStreams: true, ClientStreams: true}

const grpcService = "longsplice.bench.Race"

type grpcServer struct {
	ln     net.Listener
	srv    *grpc.Server
	a      app
	rooms  rooms[*grpcMember]
	served sync.WaitGroup
}

// A grpcMember allows one sender at a time, which the lock sees to.
type grpcMember struct {
	grpc.ServerStream
	mu sync.Mutex
}

func (m *grpcMember) send(msg any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.SendMsg(msg)
}

func serveGrpc(addr string, a app) (server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &grpcServer{ln: ln, a: a}
	s.srv = grpc.NewServer(grpc.MaxConcurrentStreams(math.MaxUint32), grpc.MaxRecvMsgSize(maxFrame))
	join := grpcJoin
	join.Handler = func(_ any, stream grpc.ServerStream) error { return s.join(stream) }
	s.srv.RegisterService(&grpc.ServiceDesc{
		ServiceName: grpcService,
		HandlerType: (*any)(nil),
		Streams:     []grpc.StreamDesc{join},
	}, s)
	s.served.Go(func() { _ = s.srv.Serve(ln) }) // it ends with Close
	return s, nil
}

func (s *grpcServer) join(stream grpc.ServerStream) error {
	var in wrapperspb.BytesValue
	if err := stream.RecvMsg(&in); err != nil {
		return err
	}
	if len(in.Value) != 4 {
		return errors.New("no room")
	}
	room, m := binary.BigEndian.Uint32(in.Value), &grpcMember{ServerStream: stream}
	s.rooms.join(room, m)
	defer s.rooms.leave(room, m)
	reply := func(msg []byte) error { return m.send(&wrapperspb.BytesValue{Value: msg}) }
	if err := reply(welcome); err != nil {
		return err
	}
	for {
		if err := stream.RecvMsg(&in); err != nil {
			return err
		}
		if err := s.a(in.Value, reply); err != nil {
			return err
		}
	}
}

func (s *grpcServer) Addr() string { return s.ln.Addr().String() }

func (s *grpcServer) Publish(room uint32, msgs [][]byte) error {
	members := s.rooms.all(room)
	for _, msg := range msgs {
		var p grpc.PreparedMsg
		for i, m := range members {
			if i == 0 { // it is encoded as the stream would, and all are alike
				if err := p.Encode(m, &wrapperspb.BytesValue{Value: msg}); err != nil {
					return err
				}
			}
			if err := m.send(&p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *grpcServer) Close() error {
	s.srv.Stop()
	s.served.Wait()
	return nil
}

type grpcClient struct {
	cc     *grpc.ClientConn
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex // a stream takes one sender at a time
	stream grpc.ClientStream
}

func dialGrpc(_ context.Context, to target) (client, error) {
	cc, err := grpc.NewClient("passthrough:///"+to.addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxFrame)))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &grpcClient{cc: cc, cancel: cancel, done: make(chan struct{})}
	var in wrapperspb.BytesValue
	c.stream, err = cc.NewStream(ctx, &grpcJoin, "/"+grpcService+"/Join")
	if err == nil {
		err = errors.Join(c.Send(binary.BigEndian.AppendUint32(nil, to.room)), c.stream.RecvMsg(&in))
	}
	if err != nil {
		cancel()
		cc.Close()
		return nil, err
	}
	go func() {
		defer close(c.done)
		for c.stream.RecvMsg(&in) == nil {
			to.receive(c, in.Value)
		}
	}()
	return c, nil
}

func (c *grpcClient) Send(msg []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stream.SendMsg(&wrapperspb.BytesValue{Value: msg})
}

func (c *grpcClient) Flush() error          { return nil }
func (c *grpcClient) Done() <-chan struct{} { return c.done }

func (c *grpcClient) Close() error {
	c.cancel()
	return end(c.done, c.cc.Close)
}
