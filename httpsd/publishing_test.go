package httpsd

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
)

type publishing struct {
	*Publisher
	log *logLines
	reg *prometheus.Registry
}

func runPublisher(t *testing.T, source Source) *publishing {
	t.Helper()
	log, reg := &logLines{}, prometheus.NewRegistry()
	p := NewPublisher(PublisherOptions{Source: source, Logger: log.logger(), Registerer: reg})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	return &publishing{Publisher: p, log: log, reg: reg}
}

func (p *publishing) targets(t *testing.T, shard string) string {
	t.Helper()
	return listBody(t, p.Snapshot(), snapshot.Targets, snapshot.Query{Shards: []string{shard}})
}

func (p *publishing) metric(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	return metricValue(t, p.reg, name, labels...)
}

func listBody(t *testing.T, s *snapshot.Snapshot, kind snapshot.Kind, q snapshot.Query) string {
	t.Helper()
	require.NotNil(t, s, "nothing is loaded")
	list, err := s.List(kind, q)
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = list.WriteTo(&b)
	require.NoError(t, err)
	return b.String()
}

func metricValue(t testing.TB, g prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := g.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
	series:
		for _, m := range family.GetMetric() {
			have := map[string]bool{}
			for _, l := range m.GetLabel() {
				have[l.GetName()+"="+l.GetValue()] = true
			}
			for _, l := range labels {
				if !have[l] {
					continue series
				}
			}
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return sum
}

type logLines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logLines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logLines) count(substring string) int { return strings.Count(l.String(), substring) }
