package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"time"
)

type listenOptions struct {
	address string
	ttl     time.Duration
	cert    string
	key     string
	self    bool
}

type sendOptions struct {
	address string
	wait    time.Duration
	tls     bool
	ca      string
	pin     string
}

func parseListen(args []string, w io.Writer) (listenOptions, error) {
	var o listenOptions
	flags := flag.NewFlagSet("pipe listen", flag.ContinueOnError)
	flags.DurationVar(&o.ttl, "ttl", 2*time.Minute, "how long a sender may be away before it is taken for dead")
	flags.StringVar(&o.cert, "tls-cert", "", "use TLS with the certificate in this `file` (PEM)")
	flags.StringVar(&o.key, "tls-key", "", "the `file` of the certificate's private key (PEM)")
	flags.BoolVar(&o.self, "tls-self", false, "use TLS with a certificate made for this run, and print its fingerprint")
	var err error
	o.address, err = parse(flags, args, w, func() error {
		switch {
		case o.ttl <= 0:
			return errors.New("-ttl must be positive")
		case (o.cert == "") != (o.key == ""):
			return errors.New("-tls-cert and -tls-key belong together")
		case o.self && o.cert != "":
			return errors.New("-tls-self and -tls-cert exclude each other")
		}
		return nil
	})
	return o, err
}

func parseSend(args []string, w io.Writer) (sendOptions, error) {
	var o sendOptions
	flags := flag.NewFlagSet("pipe send", flag.ContinueOnError)
	flags.DurationVar(&o.wait, "wait", 2*time.Minute, "how long to try to reach the receiver, at first and each time that the link is lost; 0 means for ever")
	flags.BoolVar(&o.tls, "tls", false, "use TLS, and trust the authorities that the system trusts")
	flags.StringVar(&o.ca, "tls-ca", "", "use TLS, and trust the authorities in this `file` (PEM)")
	flags.StringVar(&o.pin, "tls-pin", "", "use TLS, and trust the one certificate with this SHA-256 `fingerprint`")
	var err error
	o.address, err = parse(flags, args, w, func() error {
		switch {
		case o.wait < 0:
			return errors.New("-wait must not be negative")
		case o.ca != "" && o.pin != "":
			return errors.New("-tls-ca and -tls-pin exclude each other")
		}
		return nil
	})
	return o, err
}

// parse reads flags and the address behind them.
func parse(flags *flag.FlagSet, args []string, w io.Writer, check func() error) (address string, err error) {
	flags.SetOutput(io.Discard) // the error says it as well
	err = flags.Parse(args)
	flags.SetOutput(w)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(w, "usage: %s [flags] address\n", flags.Name())
		flags.PrintDefaults()
	}
	if err != nil {
		return "", asUsage(err)
	}
	if flags.NArg() != 1 {
		return "", failed(statusUsage, "one address is needed, as in 127.0.0.1:7000")
	}
	address = flags.Arg(0)
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", failed(statusUsage, "the address must be host:port: %w", err)
	}
	return address, asUsage(check())
}

func asUsage(err error) error {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return failed(statusUsage, "%w", err)
}
