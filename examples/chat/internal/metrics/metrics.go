// Package metrics counts what a chat does, for Prometheus.
package metrics

import (
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
)

// Metrics are what /metrics shows.
type Metrics struct {
	*prometheus.Registry
	Sessions, links          prometheus.Gauge
	refused, carried, panics prometheus.Counter
	received, sent, replayed prometheus.Counter
	Failures                 *prometheus.CounterVec // by code
	commits                  prometheus.Histogram
	commitJobs, commitErrors prometheus.Counter
}

// New returns metrics that look at a hub and at the size of a file when they are
// asked for.
func New(h *hub.Hub[*conn.Batch], size func() int64) *Metrics {
	m := &Metrics{Registry: prometheus.NewRegistry()}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		m.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		m.MustRegister(g)
		return g
	}
	m.links = gauge("chat_links", "Connections of the network that carry a session.")
	m.Sessions = gauge("chat_sessions", "Sessions of users, also those whose link is cut.")
	m.refused = counter("chat_refused_links_total", "Links that were refused.")
	m.carried = counter("chat_links_total", "Links that have carried a session, its first or a later one.")
	m.panics = counter("chat_panics_total", "Handlers that panicked.")
	m.received = counter("chat_messages_received_total", "Messages from clients, of sessions that have ended.")
	m.sent = counter("chat_messages_sent_total", "Messages to clients, of sessions that have ended.")
	m.replayed = counter("chat_messages_replayed_total", "Of those, how many went out again for a link that was cut.")
	m.commitJobs = counter("chat_commit_jobs_total", "What was written to the store.")
	m.commitErrors = counter("chat_commit_errors_total", "Transactions that failed.")
	m.Failures = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "chat_failures_total", Help: "What users were told has failed."}, []string{"code"})
	m.commits = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "chat_commit_seconds", Help: "Duration of a transaction, to the disk and back.",
		Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
	})
	bytes := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "chat_store_bytes", Help: "Length of the store's file."},
		func() float64 { return float64(size()) })
	m.MustRegister(m.Failures, m.commits, bytes, rooms{h},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Committed takes note of a transaction of the store.
func (m *Metrics) Committed(jobs int, took time.Duration, err error) {
	m.commits.Observe(took.Seconds())
	m.commitJobs.Add(float64(jobs))
	if err != nil {
		m.commitErrors.Inc()
	}
}

// Trace counts what happens to connections.
func (m *Metrics) Trace() *conn.Trace {
	return &conn.Trace{
		LinkUp: func(*conn.Conn, net.Addr) {
			m.links.Inc()
			m.carried.Inc()
		},
		LinkDown: func(*conn.Conn, net.Addr, error) { m.links.Dec() },
		Refused:  func(net.Addr, error) { m.refused.Inc() },
		SessionEnd: func(c *conn.Conn, _ error) {
			stats := c.Stats()
			m.received.Add(float64(stats.Received))
			m.sent.Add(float64(stats.Sent))
			m.replayed.Add(float64(stats.Replayed))
		},
		Panic: func(*conn.Conn, any, []byte) { m.panics.Inc() },
	}
}

// rooms shows what the hub counts.
type rooms struct{ hub *hub.Hub[*conn.Batch] }

var roomStats = []struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	get  func(hub.Stats) float64
}{
	{describe("chat_rooms", "Rooms in memory, mailboxes among them."), prometheus.GaugeValue, func(s hub.Stats) float64 { return float64(s.Rooms) }},
	{describe("chat_members", "Memberships in rooms."), prometheus.GaugeValue, func(s hub.Stats) float64 { return float64(s.Members) }},
	{describe("chat_memory_bytes", "Lines in memory."), prometheus.GaugeValue, func(s hub.Stats) float64 { return float64(s.Bytes) }},
	{describe("chat_published_total", "What was said in rooms."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Published) }},
	{describe("chat_delivered_total", "And how often it went to a member."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Delivered) }},
	{describe("chat_busy_total", "How often a member could not take it at once."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Refused) }},
	{describe("chat_gaps_total", "Gaps that members were told of."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Gaps) }},
	{describe("chat_ended_total", "Memberships that the hub has ended."), prometheus.CounterValue, func(s hub.Stats) float64 { return float64(s.Ended) }},
}

func describe(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

// Describe and Collect make it a prometheus.Collector.
func (r rooms) Describe(out chan<- *prometheus.Desc) {
	for _, s := range roomStats {
		out <- s.desc
	}
}

func (r rooms) Collect(out chan<- prometheus.Metric) {
	stats := r.hub.Stats()
	for _, s := range roomStats {
		out <- prometheus.MustNewConstMetric(s.desc, s.kind, s.get(stats))
	}
}
