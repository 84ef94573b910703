package main

import (
	"encoding/binary"
	"errors"
	"math"
	"net"
	"sync"

	"google.golang.org/grpc"
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
	keep:    keepGrpc,
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

func (m *grpcMember) Send(msg []byte) error { return m.send(&wrapperspb.BytesValue{Value: msg}) }

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
	if err := m.Send(welcome); err != nil {
		return err
	}
	for {
		if err := stream.RecvMsg(&in); err != nil {
			return err
		}
		if err := s.a(in.Value, m); err != nil {
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
