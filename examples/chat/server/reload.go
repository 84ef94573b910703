package main

import (
	"flag"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// live are the settings that a running server takes over.
var live = strings.Fields("log-level motd rate burst max-text max-rooms max-connections " +
	"grace keep-lines memory-lines keep-age token-life tls-cert tls-key")

// A reloader reads the settings again and has them hold.
type reloader struct {
	load    func(usage io.Writer) (*settings, *flag.FlagSet, error)
	inForce map[string]string // values, by name
	level   *slog.LevelVar
	server  *server
}

// reload takes over what has changed, and says what cannot change before the
// next start. If anything is wrong with the settings, the old ones stay.
func (r *reloader) reload() {
	log := r.server.log
	next, flags, err := r.load(io.Discard)
	if err == nil {
		err = r.server.cert.Load(next.cert, next.key, next.selfSigned)
	}
	if err != nil {
		log.Error("the settings are not taken over, the old ones stay", "err", err)
		return
	}
	flags.VisitAll(func(f *flag.Flag) {
		name, old, value := f.Name, r.inForce[f.Name], f.Value.String()
		switch {
		case old == value:
		case slices.Contains(live, name):
			log.Info("setting changed", "name", name, "from", old, "to", value)
			r.inForce[name] = value
		default:
			log.Warn("setting needs a restart", "name", name, "is", old, "will be", value)
		}
	})
	r.level.Set(next.level())
	r.server.settings.Store(next)
	r.server.store.SetLimits(next.limits())
	r.server.users.Adjust(next.quota())
	log.Info("settings reloaded")
}
