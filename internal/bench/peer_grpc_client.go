package main

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// A grpcClient has one stream, and another after that if it is kept.
type grpcClient struct {
	cc     *grpc.ClientConn
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex // a stream takes one sender at a time
	stream grpc.ClientStream
}

func newGrpcClient(to target, opts ...grpc.DialOption) (*grpcClient, error) {
	opts = append(opts,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxFrame)))
	cc, err := grpc.NewClient("passthrough:///"+to.addr, opts...)
	return &grpcClient{cc: cc, done: make(chan struct{})}, err
}

// open opens a stream, and returns when it has been welcomed.
func (c *grpcClient) open(ctx context.Context, room uint32, opts ...grpc.CallOption) error {
	stream, err := c.cc.NewStream(ctx, &grpcJoin, "/"+grpcService+"/Join", opts...)
	if err != nil {
		return err
	}
	hello := &wrapperspb.BytesValue{Value: binary.BigEndian.AppendUint32(nil, room)}
	if err := errors.Join(stream.SendMsg(hello), stream.RecvMsg(new(wrapperspb.BytesValue))); err != nil {
		return err
	}
	c.mu.Lock()
	c.stream = stream
	c.mu.Unlock()
	return nil
}

// read receives until the stream ends.
func (c *grpcClient) read(receive receiver) {
	var in wrapperspb.BytesValue
	for c.stream.RecvMsg(&in) == nil {
		receive(c, in.Value)
	}
}

func dialGrpc(_ context.Context, to target) (client, error) {
	c, err := newGrpcClient(to)
	if err != nil {
		return nil, err
	}
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(context.Background())
	if err := c.open(ctx, to.room); err != nil {
		c.cancel()
		c.cc.Close()
		return nil, err
	}
	go func() {
		defer close(c.done)
		c.read(to.receive)
	}()
	return c, nil
}

// keepGrpc leaves redialling to the ClientConn, with its own backoff, and opens a
// stream again when it can.
func keepGrpc(_ context.Context, to target, k keeping) (client, error) {
	c, err := newGrpcClient(to, grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
		return k.netDial(ctx, "tcp", addr)
	}))
	if err != nil {
		return nil, err
	}
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(context.Background())
	first := make(chan struct{})
	began := sync.OnceFunc(func() { close(first) })
	go func() {
		defer close(c.done)
		for ctx.Err() == nil {
			if c.open(ctx, to.room, grpc.WaitForReady(true)) == nil {
				k.connected()
				began()
				c.read(to.receive)
			}
		}
	}()
	<-first
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
