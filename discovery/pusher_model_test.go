package discovery

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promshard/promshard/discovery/client"
)

// step is something that happens to a Discoverer: its source changes, its receiver takes something, or time passes.
type step struct {
	// changes are values by source, "" for one that goes.
	changes map[string]string
	receive bool
	wait    time.Duration
}

var genSteps = rapid.SliceOfN(rapid.OneOf(
	rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), rapid.SampledFrom([]string{"", "1", "2"}), 0, 4),
		func(changes map[string]string) step { return step{changes: changes} }),
	rapid.Just(step{receive: true}),
	rapid.Map(rapid.IntRange(1, 12), func(seconds int) step { return step{wait: time.Duration(seconds) * time.Second} }),
), 20, 80)

// TestReceiverEndsUpWithTheTruth has a source change at random, and a receiver that takes what comes when it likes. What
// the receiver has merged must be, each time, a state that the source was in, and never an earlier one than before; at
// the end, the one it is in; and no group may have changed after it was sent.
func TestReceiverEndsUpWithTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		hold := rapid.SampledFrom([]time.Duration{0, time.Second, 10 * time.Second}).Draw(rt, "hold")
		begin := step{changes: rapid.SampledFrom([]map[string]string{nil, {"a": "1"}, {"a": "1", "b": "1"}}).Draw(rt, "first")}
		steps := append([]step{begin}, genSteps.Draw(rt, "steps")...)
		var problem error
		// Nothing may be drawn in there, nor rt fail: rapid expects both in its own goroutine.
		synctest.Test(t, func(t *testing.T) { problem = play(t, hold, steps) })
		require.NoError(rt, problem)
	})
}

func play(t *testing.T, hold time.Duration, steps []step) error {
	s := runScripted(t, hold)
	defer s.stop()
	m := &expected{truth: map[string]string{}, view: map[string]string{}, received: map[*targetgroup.Group]string{}}
	for i, step := range steps {
		if u := m.change(step.changes); i == 0 || len(u.Changed)+len(u.Gone) > 0 {
			u.First = i == 0
			s.updates <- u
		}
		if step.receive {
			if _, err := m.receive(s.up); err != nil {
				return err
			}
		}
		time.Sleep(step.wait)
	}
	for more := true; more; {
		time.Sleep(hold + 1)
		var err error
		if more, err = m.receive(s.up); err != nil {
			return err
		}
	}
	return m.check()
}

// expected is what a source and a receiver should be like.
type expected struct {
	truth, view map[string]string
	// states are those that the source was in from the one on that the receiver saw last.
	states   []string
	received map[*targetgroup.Group]string
}

// change makes the changes, and returns the difference that they make.
func (m *expected) change(changes map[string]string) client.Update {
	var u client.Update
	for source, value := range changes {
		switch before, was := m.truth[source]; {
		case value == "" && was:
			delete(m.truth, source)
			u.Gone = append(u.Gone, source)
		case value != before:
			m.truth[source] = value
			u.Changed = append(u.Changed, &client.Group{Source: source, Targets: []string{value}})
		}
	}
	m.states = append(m.states, fmt.Sprint(m.truth))
	return u
}

// receive merges what is on the channel by now, and says whether there was anything.
func (m *expected) receive(up <-chan []*targetgroup.Group) (bool, error) {
	synctest.Wait()
	select {
	case batch := <-up:
		return true, m.merge(batch)
	default:
		return false, nil
	}
}

func (m *expected) merge(batch []*targetgroup.Group) error {
	merged := map[string]bool{}
	for _, g := range batch {
		m.received[g] = describeBatch([]*targetgroup.Group{g})
		_, has := m.view[g.Source]
		switch {
		case merged[g.Source]:
			return fmt.Errorf("%s is twice in one batch", g.Source)
		case len(g.Targets) > 0:
			m.view[g.Source] = string(g.Targets[0]["__address__"])
		case has:
			delete(m.view, g.Source)
		default:
			return fmt.Errorf("%s has gone, but was never there", g.Source)
		}
		merged[g.Source] = true
	}
	at := slices.Index(m.states, fmt.Sprint(m.view))
	if at < 0 {
		return fmt.Errorf("the receiver has %v, and the source was only in %v", m.view, m.states)
	}
	m.states = m.states[at:]
	return nil
}

// check is for when all has been received.
func (m *expected) check() error {
	if !maps.Equal(m.truth, m.view) {
		return fmt.Errorf("the receiver has %v in the end, and the source %v", m.view, m.truth)
	}
	for g, was := range m.received {
		if is := describeBatch([]*targetgroup.Group{g}); is != was {
			return fmt.Errorf("%s was sent, and then changed to %s", was, is)
		}
	}
	return nil
}
