package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"runtime"
	"strings"
	"time"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// A figureOf is a plot on the page.
type figureOf struct {
	Title, Unit string
	SVG         template.HTML
}

// page is everything as one page that needs nothing else.
func (r *run) page(f *findings) ([]byte, error) {
	s := span{r.began, r.calmed}
	marks, _ := r.struck.list()
	var plots []figureOf
	for _, p := range r.plots(marks) {
		plots = append(plots, figureOf{p.title, p.unit, p.svg(s)})
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, map[string]any{
		"Findings": f,
		"Good":     f.good(),
		"Command":  strings.Join(append([]string{"go run ./internal/chaos/soak"}, os.Args[1:]...), " "),
		"Seed":     r.seed,
		"Clients":  r.options.clients,
		"Began":    r.began.Format(time.DateTime),
		"Took":     r.calmed.Sub(r.began).Round(time.Second),
		"Asked":    r.length,
		"Early":    r.calmed.Sub(r.began) < r.length,
		"Machine":  fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()),
		"Plots":    plots,
		"Lanes":    lanes(marks, s),
	})
	return b.Bytes(), err
}

// plots are all curves of the run.
func (r *run) plots(marks []mark) (all []*plot) {
	var heavy []mark
	for _, m := range marks {
		if m.heavy {
			heavy = append(heavy, m)
		}
	}
	const most = 150 // more would hide what they mark
	if len(heavy) > most {
		heavy = nil
	}
	points := r.history.list()
	over := func(name string, of func(i int) float64) curve {
		c := curve{name: name}
		for i, p := range points {
			c.at, c.values = append(c.at, p.at), append(c.values, of(i))
		}
		return c
	}
	rate := func(of func(p point) uint64) func(i int) float64 {
		return func(i int) float64 {
			if i == 0 {
				return 0
			}
			return float64(of(points[i])-of(points[i-1])) / points[i].at.Sub(points[i-1].at).Minutes()
		}
	}
	all = append(all,
		&plot{title: "Throughput", unit: "messages a second, delivered to an application", curves: []curve{
			over("messages", func(i int) float64 { return points[i].throughput })}},
		&plot{title: "Latency", unit: "ms from Send to an application that is not slow, outages included", log: true, curves: []curve{
			over("99th percentile", func(i int) float64 { return points[i].p99.Seconds() * 1e3 }),
			over("median", func(i int) float64 { return points[i].p50.Seconds() * 1e3 })}},
		&plot{title: "Sessions under way", unit: "at the clients", curves: []curve{
			over("sessions", func(i int) float64 { return float64(points[i].sessions) })}},
		&plot{title: "Coming and going", unit: "a minute", curves: []curve{
			over("begun", rate(func(p point) uint64 { return p.begun })),
			over("resumed", rate(func(p point) uint64 { return p.resumed }))}},
	)
	for _, what := range holdings {
		p := &plot{title: strings.ToUpper(what.name[:1]) + what.name[1:], unit: what.unit}
		add := func(name string, samples []sample) {
			c := curve{name: name}
			for _, s := range samples {
				c.at, c.values = append(c.at, s.At), append(c.values, what.of(s))
			}
			p.curves = append(p.curves, c)
		}
		add("proxies", r.own.list())
		for _, process := range r.processes() {
			add(process.name, process.samples.list())
		}
		all = append(all, p)
	}
	for _, p := range all {
		p.marks = heavy
	}
	return all
}
