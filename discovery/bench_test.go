package discovery

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/prometheus/discovery/targetgroup"

	"github.com/promshard/promshard/discovery/client"
)

// What a shard of 100,000 targets looks like: twenty hosts for each of 5,000 exporters.
const (
	benchGroups = 5_000
	benchHosts  = 20
)

func benchSet() client.Update {
	u := client.Update{First: true}
	for i := range benchGroups {
		u.Changed = append(u.Changed, benchGroup(i, 0))
	}
	return u
}

// benchGroup is a group whose first host depends on version.
func benchGroup(i, version int) *client.Group {
	g := &client.Group{
		Source: fmt.Sprintf("exporter/%d", i), Project: int64(i / 2), Labels: map[string]string{
			"__shard": "prod", "service": fmt.Sprintf("service-%d", i/20), "project": fmt.Sprintf("project-%d", i/2),
			"farm": fmt.Sprintf("farm-%d", i/2), "__farm_source": "promshard", "job": "node", "__scheme__": "http",
		},
	}
	g.Targets = append(g.Targets, fmt.Sprintf("host-%d-v%d.example.net:9100", i, version))
	for n := range benchHosts - 1 {
		g.Targets = append(g.Targets, fmt.Sprintf("host-%d-%d.example.net:9100", i, n))
	}
	return g
}

// benchRun runs a Discoverer without coalescing on a scripted source, and returns how to hand it an update and wait
// for what it sends. stop ends it.
func benchRun(b *testing.B) (push func(client.Update) []*targetgroup.Group, stop func()) {
	b.Helper()
	d := mustNew(b, `{servers: ["http://a"], coalesce_interval: 0}`)
	s := &script{updates: make(chan client.Update)}
	d.source = s
	ctx, cancel := context.WithCancel(context.Background())
	up, done := make(chan []*targetgroup.Group), make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx, up)
	}()
	push = func(u client.Update) []*targetgroup.Group {
		s.updates <- u
		return <-up
	}
	return push, func() { cancel(); <-done }
}

// BenchmarkFirstSet is from a known first set of 100,000 targets to Prometheus's channel.
func BenchmarkFirstSet(b *testing.B) {
	u := benchSet()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		push, stop := benchRun(b)
		b.StartTimer()
		n := len(push(u))
		b.StopTimer()
		stop()
		if n != benchGroups {
			b.Fatalf("%d groups arrived", n)
		}
		b.StartTimer()
	}
}

// BenchmarkOneChange is from a change of one host of 100,000 to Prometheus's channel.
func BenchmarkOneChange(b *testing.B) {
	push, stop := benchRun(b)
	defer stop()
	push(benchSet())
	changes := [2]client.Update{
		{Changed: []*client.Group{benchGroup(7, 1)}},
		{Changed: []*client.Group{benchGroup(7, 2)}},
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if n := len(push(changes[i%2])); n != 1 {
			b.Fatalf("%d groups arrived", n)
		}
	}
}
