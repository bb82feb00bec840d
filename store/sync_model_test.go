package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// modelEntry is what the model remembers of a row.
type modelEntry struct {
	id   int64
	base map[string]string
}

// naiveMerge is the model: the naive merge: one row at a time, one field at a time, everything copied.
type naiveMerge struct {
	ledger map[string]map[int64]modelEntry
	last   map[string]int64

	was    map[string]map[int64]modelEntry
	ids    map[string]map[int64]int64
	out    map[string]map[int64]bool
	issues map[string]bool
	theirs bool
}

func (m *naiveMerge) issue(kind, noun string, key int64, field string) {
	m.issues[fmt.Sprintf("%s %s %d %s", kind, noun, key, field)] = true
}

// meet notes which ids were given out: none is given out again, whatever has become of its row.
func (m *naiveMerge) meet(ours world) {
	for noun, rows := range ours {
		for id := range rows {
			m.last[noun] = max(m.last[noun], id)
		}
	}
}

// sync returns the world after it, and the issues.
func (m *naiveMerge) sync(ours, source world, theirs bool) (world, []string) {
	m.theirs, m.issues = theirs, map[string]bool{}
	m.was, m.ids, m.out = map[string]map[int64]modelEntry{}, map[string]map[int64]int64{}, map[string]map[int64]bool{}
	after := world{}
	for _, n := range modelNouns {
		after[n.name] = maps.Clone(ours[n.name])
		if m.ledger[n.name] == nil {
			m.ledger[n.name] = map[int64]modelEntry{}
		}
		m.was[n.name], m.ids[n.name], m.out[n.name] = maps.Clone(m.ledger[n.name]), map[int64]int64{}, map[int64]bool{}
	}
	m.meet(ours)
	for _, n := range modelNouns {
		m.noun(n, after, source[n.name])
	}
	for _, n := range slices.Backward(modelNouns) {
		if n.children {
			m.drop(n, after, source[n.name])
		}
	}
	return after, slices.Sorted(maps.Keys(m.issues))
}

func (m *naiveMerge) noun(n modelNoun, after world, source map[int64]map[string]string) {
	rows, ledger, ids := after[n.name], m.ledger[n.name], m.ids[n.name]
	next := m.last[n.name]
	for key := range source {
		next = max(next, key)
		if e, ok := ledger[key]; ok {
			ids[key] = e.id
		}
	}
	// What the source says, in terms of ours.
	want := map[int64]map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(source)) {
		if row := m.understand(n, rows, key, source[key]); row != nil {
			want[key] = row
		}
	}
	keys := slices.Sorted(maps.Keys(want))
	// First meetings.
	first := map[string]int64{}
	for id, row := range rows {
		first[n.of(row)] = id
	}
	for _, key := range keys {
		if id, ok := ids[key]; ok && rows[id] != nil {
			continue
		}
		id, ok := first[n.of(want[key])]
		if !ok {
			continue
		}
		owner, owned := int64(0), false
		for k, e := range ledger {
			if e.id == id {
				owner, owned = k, true
			}
		}
		for k, v := range ids {
			if _, known := ledger[k]; v == id && !known {
				owner, owned = k, true
			}
		}
		if owned && source[owner] != nil {
			continue
		}
		entry, known := ledger[key]
		if owned && !known {
			entry = ledger[owner]
		}
		delete(ledger, owner)
		ledger[key] = modelEntry{id, entry.base}
		ids[key] = id
	}
	if !n.children {
		m.drop(n, after, source)
	}
	// Merges, and then what needs a place of its own: the first that finds its own free goes first.
	type pending struct {
		row, base map[string]string
		id        int64
	}
	waiting := map[int64]pending{}
	for _, key := range keys {
		id, met := ids[key]
		if met && rows[id] != nil {
			row, base, ok := m.merge(n, after, key, rows[id], want[key], source[key])
			switch {
			case !ok:
			case n.of(row) == n.of(rows[id]):
				rows[id], ledger[key] = row, modelEntry{id, base}
			default:
				waiting[key] = pending{row, base, id}
			}
			continue
		}
		if e, known := ledger[key]; known {
			changed := m.changed(n, e, key, source[key])
			if changed && !m.theirs {
				m.issue("conflict", n.name, key, "")
				m.out[n.name][key] = true
			}
			if !changed || !m.theirs {
				continue
			}
		}
		if !m.alive(n, after, key, want[key], source[key]) {
			continue
		}
		base := map[string]string{}
		for _, field := range strings.Fields(n.fields) {
			base[field] = want[key][field]
		}
		for _, ref := range n.refs() {
			base[ref[0]] = source[key][ref[0]]
		}
		waiting[key] = pending{want[key], base, 0}
	}
	frozen := map[string]bool{}
	for again := true; again; {
		again = false
		for _, key := range slices.Sorted(maps.Keys(waiting)) {
			p := waiting[key]
			taken := frozen[n.of(p.row)]
			for _, row := range rows {
				taken = taken || n.of(row) == n.of(p.row)
			}
			if taken {
				continue
			}
			if p.id == 0 {
				if p.id = key; rows[key] != nil || m.gone(n, key) || m.owned(n, key) {
					m.issue("renumbered", n.name, key, "id")
					next++
					p.id = next
				}
			} else if n.name == "farm" {
				frozen[n.of(rows[p.id])] = true
			}
			p.row["id"] = fmt.Sprint(p.id)
			rows[p.id], ledger[key], ids[key] = p.row, modelEntry{p.id, p.base}, p.id
			m.last[n.name] = max(m.last[n.name], p.id)
			delete(waiting, key)
			again = true
			break
		}
	}
	for key, p := range waiting {
		m.issue("refused", n.name, key, "")
		if p.id == 0 {
			m.out[n.name][key] = true
			delete(ids, key)
		}
	}
}

// gone says whether this sync deletes the row with the id.
func (m *naiveMerge) gone(n modelNoun, id int64) bool { return m.out[n.name+" gone"][id] }

// owned says whether the id of the key was that of a row of another key.
func (m *naiveMerge) owned(n modelNoun, key int64) bool {
	for k, e := range m.was[n.name] {
		if e.id == key && k != key {
			return true
		}
	}
	return false
}

// understand resolves the references of a row; nil when it is refused or left out.
func (m *naiveMerge) understand(n modelNoun, rows map[int64]map[string]string, key int64, from map[string]string) map[string]string {
	row := maps.Clone(from)
	live := rows[m.ids[n.name][key]] != nil
	refuse := func(field string, told bool) {
		if told {
			m.issue("refused", n.name, key, field)
		}
		if !live {
			m.out[n.name][key] = true
			delete(m.ids[n.name], key)
		}
	}
	for _, ref := range n.refs() {
		id, ok := m.ids[ref[1]][number(from[ref[0]])]
		if !ok {
			hangs := m.out[ref[1]][number(from[ref[0]])]
			refuse(strings.TrimSuffix(ref[0], "_id"), live || !hangs)
			return nil
		}
		row[ref[0]] = fmt.Sprint(id)
	}
	if title := strings.Fields(n.fields)[0]; strings.HasPrefix(row[title], " ") {
		refuse(title, true)
		return nil
	}
	return row
}

// alive says whether the parents of a row that is to be created are there.
func (m *naiveMerge) alive(n modelNoun, after world, key int64, want, from map[string]string) bool {
	for _, ref := range n.refs() {
		if after[ref[1]][number(want[ref[0]])] == nil {
			parent := number(from[ref[0]])
			m.issue("conflict", ref[1], parent, "")
			m.out[ref[1]][parent] = true
			m.out[n.name][key] = true
			delete(m.ids[n.name], key)
			return false
		}
	}
	return true
}

// changed says whether the source has changed a row since the last run.
func (m *naiveMerge) changed(n modelNoun, e modelEntry, key int64, from map[string]string) bool {
	for field, was := range e.base {
		if from[field] == was {
			continue
		}
		noun := ""
		for _, ref := range n.refs() {
			if ref[0] == field {
				noun = ref[1]
			}
		}
		if noun == "" {
			return true
		}
		then, ok := m.was[noun][number(was)]
		if now, known := m.ids[noun][number(from[field])]; !ok || !known || then.id != now {
			return true
		}
	}
	return false
}

// merge merges field by field.
func (m *naiveMerge) merge(n modelNoun, after world, key int64, ours, want, from map[string]string) (row, base map[string]string, ok bool) {
	row, base = maps.Clone(ours), map[string]string{}
	maps.Copy(base, m.ledger[n.name][key].base)
	settle := func(field, now, remembered string, sourceKept, oursKept bool) {
		switch {
		case ours[field] == now:
			base[field] = remembered
		case sourceKept:
		case oursKept || m.theirs:
			row[field], base[field] = now, remembered
		default:
			m.issue("conflict", n.name, key, strings.TrimSuffix(field, "_id"))
		}
	}
	for _, field := range strings.Fields(n.fields) {
		was, known := base[field]
		settle(field, want[field], from[field], known && was == from[field], known && was == ours[field])
	}
	for _, ref := range n.refs() {
		was, known := base[ref[0]]
		id := "unknown"
		if known {
			if e, ok := m.was[ref[1]][number(was)]; ok {
				id = fmt.Sprint(e.id)
			}
		}
		settle(ref[0], want[ref[0]], from[ref[0]], known && (was == from[ref[0]] || id == want[ref[0]]), known && id == ours[ref[0]])
	}
	for _, ref := range n.refs() {
		if after[ref[1]][number(row[ref[0]])] == nil {
			m.issue("refused", n.name, key, strings.TrimSuffix(ref[0], "_id"))
			return nil, nil, false
		}
	}
	return row, base, true
}

// drop deletes what is gone from the source.
func (m *naiveMerge) drop(n modelNoun, after world, source map[int64]map[string]string) {
	rows, ledger := after[n.name], m.ledger[n.name]
	for _, key := range slices.Sorted(maps.Keys(ledger)) {
		e := ledger[key]
		row := rows[e.id]
		switch {
		case source[key] != nil:
			continue
		case row == nil:
			delete(ledger, key)
			continue
		}
		hanging := false
		for _, child := range modelNouns {
			for _, ref := range child.refs() {
				for _, r := range after[child.name] {
					hanging = hanging || ref[1] == n.name && r[ref[0]] == fmt.Sprint(e.id)
				}
			}
		}
		if hanging || !m.theirs && !m.asTakenIn(n, row, e) {
			m.issue("conflict", n.name, key, "")
			continue
		}
		delete(rows, e.id)
		delete(ledger, key)
		if m.out[n.name+" gone"] == nil {
			m.out[n.name+" gone"] = map[int64]bool{}
		}
		m.out[n.name+" gone"][e.id] = true
	}
}

func (m *naiveMerge) asTakenIn(n modelNoun, row map[string]string, e modelEntry) bool {
	for _, field := range strings.Fields(n.fields) {
		if was, ok := e.base[field]; !ok || was != row[field] {
			return false
		}
	}
	for _, ref := range n.refs() {
		was, ok := e.base[ref[0]]
		if !ok || fmt.Sprint(m.was[ref[1]][number(was)].id) != row[ref[0]] {
			return false
		}
	}
	plain := row["labels"] == "" || row["labels"] == "map[]"
	return plain && (n.name != "host" && n.name != "project" || row["enabled"] == "true")
}

// TestSyncAgreesWithANaiveMerge edits a source and the inventory at random, syncs again and again, and compares with
// the model. Whoever follows the changes holds what is there.
func TestSyncAgreesWithANaiveMerge(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		m := &naiveMerge{ledger: map[string]map[int64]modelEntry{}, last: map[string]int64{}}
		e := &editor{random: random, source: world{}, keys: map[string]int64{}}
		have, at := load(t, s)
		for round := range 40 {
			for range random.IntN(12) {
				e.editSource()
			}
			for range random.IntN(6) {
				m.meet(e.editStore(t, s))
			}
			theirs := random.IntN(5) == 0
			before := worldOf(t, s)
			dump := fmt.Sprintf("round %d theirs %v\nours %v\nsource %v\nledger %v", round, theirs, bare(before), bare(e.source), m.ledger)
			want, wantIssues := m.sync(before, e.source, theirs)
			o := store.SyncOptions{Theirs: theirs, AllowShrink: true}
			result, err := s.Sync(t.Context(), sourceOf(e.source), o)
			require.NoError(t, err, dump)
			require.Equal(t, bare(want), bare(worldOf(t, s)), dump)
			require.Equal(t, wantIssues, issueKeys(result), dump)

			changes, err := s.Changes(t.Context(), at)
			require.NoError(t, err)
			have.apply(changes)
			at = changes.Revision
			now, _ := load(t, s)
			require.Equal(t, now.projects, have.projects, dump)
			require.Equal(t, now.directory, have.directory, dump)
		}
	})
}

// issueKeys are the issues as the model tells them; a row that is the same as another is refused without a field.
func issueKeys(r store.SyncResult) []string {
	set := map[string]bool{}
	for _, i := range r.Issues {
		set[fmt.Sprintf("%s %s %d %s", i.Kind, i.Noun, i.Key, i.Field)] = true
	}
	return slices.Sorted(maps.Keys(set))
}
