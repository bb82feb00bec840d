package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ObjectDiff is what a journal entry says of one object, for people.
type ObjectDiff struct {
	Noun string `json:"noun"`
	ID   int64  `json:"id"`
	// Name is what the object was called after the write, or before it when the write deleted it. It is empty for one
	// of which the journal has the id alone and that is gone.
	Name string `json:"name"`
	// Kind is "created", "changed" or "deleted".
	Kind string `json:"kind"`
	// Fields are those that differ, in the order of their names: ids, and what is empty on both sides, left out. Labels
	// are fields of their own: "labels.env".
	Fields []FieldDiff `json:"fields"`
}

// FieldDiff is one field before and after a write; nil is a field that is not there, or not yet.
type FieldDiff struct {
	Field string          `json:"field"`
	Old   json.RawMessage `json:"old"`
	New   json.RawMessage `json:"new"`
}

// JournalPage is a journal entry with part of its objects.
type JournalPage struct {
	Entry
	// Changes of the entry are left out for Objects.
	Changes json.RawMessage `json:"changes,omitempty"`
	// Counts say, by noun, how many objects the entry created, changed and deleted.
	Counts []ObjectCounts `json:"counts"`
	// Objects are those of the page, in the order of the entry; Total is how many there are on all pages, and Next
	// where the next page begins, 0 on the last one.
	Objects []ObjectDiff `json:"objects"`
	Total   int64        `json:"total"`
	Next    int64        `json:"next,omitempty"`
}

// ObjectCounts count what an entry did to one noun.
type ObjectCounts struct {
	Noun    string `json:"noun"`
	Created int64  `json:"created,omitempty"`
	Changed int64  `json:"changed,omitempty"`
	Deleted int64  `json:"deleted,omitempty"`
}

// journalPage bounds the objects of a page; journalPageDefault is what 0 stands for.
const (
	journalPageMost    = 1_000
	journalPageDefault = 100
)

// CheckJournalPage returns how many objects a page of a journal entry has at most, or ErrInvalid for what makes no sense.
func CheckJournalPage(offset int64, limit int) (int, error) {
	refuse := func(field, value, reason string) (int, error) {
		return 0, &Error{Kind: ErrInvalid, Noun: "journal", Field: field, Value: value, Reason: reason}
	}
	switch {
	case limit < 0 || limit > journalPageMost:
		return refuse("limit", fmt.Sprint(limit), fmt.Sprintf("must be between 1 and %d, or 0 for %d", journalPageMost, journalPageDefault))
	case offset < 0:
		return refuse("offset", fmt.Sprint(offset), "must be 0 or more")
	}
	return cmp.Or(limit, journalPageDefault), nil
}

// JournalPage implements Inventory.
func (s *Store) JournalPage(ctx context.Context, revision, offset int64, limit int) (JournalPage, error) {
	limit, err := CheckJournalPage(offset, limit)
	if err != nil {
		return JournalPage{}, err
	}
	var page JournalPage
	err = s.view(ctx, func(v view) (err error) {
		page, err = v.journalPage(ctx, revision, offset, int64(limit))
		return err
	})
	return page, err
}

func (v view) journalPage(ctx context.Context, revision, offset, limit int64) (JournalPage, error) {
	entry, err := journalEntry(ctx, v, revision)
	if err != nil {
		return JournalPage{}, err
	}
	page := JournalPage{Entry: entry, Counts: countObjects(entry.Changes), Objects: []ObjectDiff{}}
	for _, c := range entry.Changes {
		n := c.count()
		from, to := max(offset-page.Total, 0), min(offset+limit-page.Total, n)
		if from < to {
			objects, err := c.objects(ctx, v, from, to)
			if err != nil {
				return JournalPage{}, err
			}
			page.Objects = append(page.Objects, objects...)
		}
		page.Total += n
	}
	if end := offset + limit; end < page.Total {
		page.Next = end
	}
	page.Entry.Changes = nil
	return page, nil
}

// countObjects counts by noun, in the order of the entry.
func countObjects(changes []Change) []ObjectCounts {
	counts := []ObjectCounts{}
	for _, c := range changes {
		i := slices.IndexFunc(counts, func(n ObjectCounts) bool { return n.Noun == c.Noun })
		if i < 0 {
			i = len(counts)
			counts = append(counts, ObjectCounts{Noun: c.Noun})
		}
		switch c.kind() {
		case changeDeleted:
			counts[i].Deleted++
		case changeChanged:
			counts[i].Changed++
		default:
			counts[i].Created += c.count()
		}
	}
	return counts
}

// objects describes the objects of a change from one number up to another.
func (c Change) objects(ctx context.Context, q querier, from, to int64) ([]ObjectDiff, error) {
	if c.kind() != changeListed {
		return []ObjectDiff{c.object()}, nil
	}
	ids := c.created(from, to)
	names := map[int64]pastRow{}
	if n := nouns[c.Noun]; n != nil {
		var err error
		if names, err = n.rows(ctx, q, ids); err != nil {
			return nil, err
		}
	}
	list := make([]ObjectDiff, len(ids))
	for i, id := range ids {
		list[i] = ObjectDiff{Noun: c.Noun, ID: id, Kind: string(changeCreated), Fields: []FieldDiff{}, Name: names[id].name}
	}
	return list, nil
}

// created returns the ids of a listed change from one number up to another.
func (c Change) created(from, to int64) []int64 {
	var ids []int64
	at := int64(0)
	for _, r := range c.Created {
		size := r.Last - r.First + 1
		for i := max(from-at, 0); i < min(to-at, size); i++ {
			ids = append(ids, r.First+i)
		}
		at += size
	}
	return ids
}

// object describes a change of one object.
func (c Change) object() ObjectDiff {
	o := ObjectDiff{Noun: c.Noun, ID: c.ID, Kind: string(c.kind()), Fields: []FieldDiff{}}
	side := c.After
	if side == nil {
		side = c.Before
	}
	o.Name = c.nameOf(side)
	before, after := flatten(c.Before), flatten(c.After)
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if !bytes.Equal(before[field], after[field]) {
			o.Fields = append(o.Fields, FieldDiff{Field: field, Old: before[field], New: after[field]})
		}
	}
	return o
}

// nameOf is what the object was called on one side of the change; empty when that is not known.
func (c Change) nameOf(side json.RawMessage) string {
	if isAccessNoun(c.Noun) {
		var p Principal
		if json.Unmarshal(side, &p) == nil {
			return p.Name
		}
	}
	if n := nouns[c.Noun]; n != nil {
		if row, err := n.decode(side); err == nil {
			return row.name
		}
	}
	return ""
}

// flatten returns the fields of an object that say something, those of objects in it under both names.
func flatten(raw json.RawMessage) map[string]json.RawMessage {
	fields, flat := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if json.Unmarshal(raw, &fields) != nil {
		if len(raw) > 0 {
			flat["value"] = raw
		}
		return flat
	}
	for name, value := range fields {
		inner := map[string]json.RawMessage{}
		switch {
		case name == "id" || name == versionColumn || strings.HasSuffix(name, "_id") || saysNothing(value):
		case json.Unmarshal(value, &inner) == nil:
			for key, v := range inner {
				flat[name+"."+key] = v
			}
		default:
			flat[name] = value
		}
	}
	return flat
}

// saysNothing is true for what a new object has when nobody says otherwise.
func saysNothing(value json.RawMessage) bool {
	switch string(value) {
	case `""`, `null`, `0`, `[]`, `"0s"`:
		return true
	}
	return false
}
