package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/document"
	"github.com/promshard/promshard/store/storetest"
)

// thing is what the model knows of one row: a field, and whose it is.
type thing struct{ Field, By string }

// modelProject is a project of the model.
type modelProject struct {
	thing
	Service          string
	Farm             *thing
	Hosts, Exporters map[string]thing
}

// modelled is an inventory in maps.
type modelled struct {
	Services map[string]thing
	Projects map[string]*modelProject
}

func (m modelled) copy() modelled {
	n := modelled{maps.Clone(m.Services), map[string]*modelProject{}}
	for name, p := range m.Projects {
		q := *p
		q.Hosts, q.Exporters = maps.Clone(p.Hosts), maps.Clone(p.Exporters)
		n.Projects[name] = &q
	}
	return n
}

// written is a document of the test: a service or a part is named with the field that it is to have, empty when that is not
// stated.
type written struct {
	Services map[string]string
	Projects map[string]writtenProject
}

type writtenProject struct {
	Owner, Service   string
	Hosts, Exporters map[string]string // nil is not stated
	Exclusive        []string
}

// text is the document as it is sent. Parts have a label in place of a field.
func (w written) text(t *testing.T) []byte {
	type object = map[string]any
	parts := func(of map[string]string, whole func(name string) object) []object {
		list := []object{}
		for _, name := range slices.Sorted(maps.Keys(of)) {
			o := whole(name)
			if field := of[name]; field != "" {
				o["labels"] = object{"l": field}
			}
			list = append(list, o)
		}
		return list
	}
	var services, projects []object
	for name, owner := range w.Services {
		o := object{"name": name}
		if owner != "" {
			o["owner"] = owner
		}
		services = append(services, o)
	}
	for name, p := range w.Projects {
		o := object{"name": name, "shard": "prod"}
		if p.Owner != "" {
			o["owner"] = p.Owner
		}
		if p.Service != "" {
			o["service"] = p.Service
		}
		if p.Hosts != nil {
			o["hosts"] = parts(p.Hosts, func(name string) object { return object{"name": name} })
		}
		if p.Exporters != nil {
			o["exporters"] = parts(p.Exporters, func(name string) object { return object{"job": name, "port": 9100} })
		}
		if p.Exclusive != nil {
			o["exclusive"] = p.Exclusive
		}
		projects = append(projects, o)
	}
	all := object{}
	if services != nil {
		all["services"] = services
	}
	if projects != nil {
		all["projects"] = projects
	}
	text, err := json.Marshal(all)
	require.NoError(t, err)
	return text
}

// errModel is any refusal.
var errModel = fmt.Errorf("refused")

// putThing states one thing.
func putThing(into map[string]thing, name, field string, o store.ApplyOptions) error {
	is, there := into[name]
	if there && o.ManagedBy != "" && is.By != "" && is.By != o.ManagedBy && !o.TakeOver {
		return errModel
	}
	if field != "" {
		is.Field = field
	}
	if o.ManagedBy != "" {
		is.By = o.ManagedBy
	}
	into[name] = is
	return nil
}

// clearList deletes from a list what is not stated.
func clearList(list map[string]thing, stated map[string]string, exclusive bool, o store.ApplyOptions) error {
	for name, is := range maps.Clone(list) {
		if _, ok := stated[name]; ok {
			continue
		}
		mine := is.By != "" && is.By == o.ManagedBy
		switch {
		case !mine && !exclusive:
			continue
		case !mine && is.By != "" && !o.TakeOver:
			return errModel
		}
		delete(list, name)
	}
	return nil
}

// apply is what Apply promises, in the plainest way. The inventory is as it was when it returns an error.
func (m modelled) apply(w written, o store.ApplyOptions) (modelled, error) {
	n := m.copy()
	if (o.Prune || o.TakeOver) && o.ManagedBy == "" || o.Prune && len(w.Services)+len(w.Projects) == 0 && !o.AllowEmpty {
		return m, errModel
	}
	for name, owner := range w.Services {
		if putThing(n.Services, name, owner, o) != nil {
			return m, errModel
		}
	}
	for name, stated := range w.Projects {
		if n.project(name, stated, o) != nil {
			return m, errModel
		}
	}
	if o.Prune && n.prune(w, o.ManagedBy) != nil {
		return m, errModel
	}
	return n, nil
}

func (m modelled) project(name string, stated writtenProject, o store.ApplyOptions) error {
	p := m.Projects[name]
	if p == nil {
		p = &modelProject{Hosts: map[string]thing{}, Exporters: map[string]thing{}}
		m.Projects[name] = p
	}
	one := map[string]thing{name: p.thing}
	if putThing(one, name, stated.Owner, o) != nil {
		return errModel
	}
	p.thing = one[name]
	if stated.Service != "" {
		p.Service = stated.Service
	}
	if _, ok := m.Services[p.Service]; !ok {
		return errModel
	}
	for list, parts := range map[*map[string]thing]map[string]string{&p.Hosts: stated.Hosts, &p.Exporters: stated.Exporters} {
		for name, field := range parts {
			if putThing(*list, name, field, o) != nil {
				return errModel
			}
		}
	}
	if p.Farm == nil && len(stated.Hosts) > 0 {
		p.Farm = &thing{By: o.ManagedBy}
	}
	if stated.Hosts != nil && clearList(p.Hosts, stated.Hosts, slices.Contains(stated.Exclusive, "hosts"), o) != nil {
		return errModel
	}
	if stated.Exporters != nil && clearList(p.Exporters, stated.Exporters, slices.Contains(stated.Exclusive, "exporters"), o) != nil {
		return errModel
	}
	return nil
}

// prune deletes what a name owns and the document does not state, unless something else hangs on it.
func (m modelled) prune(w written, by string) error {
	for name, p := range m.Projects {
		stated, isStated := w.Projects[name]
		for list, parts := range map[*map[string]thing]map[string]string{&p.Hosts: stated.Hosts, &p.Exporters: stated.Exporters} {
			for part, is := range maps.Clone(*list) {
				if _, ok := parts[part]; !ok && is.By == by {
					delete(*list, part)
				}
			}
		}
		if p.Farm != nil && p.Farm.By == by && stated.Hosts == nil {
			if len(p.Hosts) > 0 {
				return errModel
			}
			p.Farm = nil
		}
		if !isStated && p.By == by {
			if p.Farm != nil || len(p.Exporters) > 0 {
				return errModel
			}
			delete(m.Projects, name)
		}
	}
	for name, is := range m.Services {
		if _, ok := w.Services[name]; ok || is.By != by {
			continue
		}
		for _, p := range m.Projects {
			if p.Service == name {
				return errModel
			}
		}
		delete(m.Services, name)
	}
	return nil
}

// modelOf reads an inventory.
func modelOf(t *testing.T, s *store.Store) modelled {
	t.Helper()
	ctx, m := t.Context(), modelled{map[string]thing{}, map[string]*modelProject{}}
	services, err := s.Services(ctx, store.ServiceFilter{})
	require.NoError(t, err)
	for _, v := range services {
		m.Services[v.Name] = thing{v.Owner, v.ManagedBy}
	}
	projects, err := s.Projects(ctx, store.ProjectFilter{})
	require.NoError(t, err)
	for _, v := range projects {
		m.Projects[v.Name] = &modelProject{thing{v.Owner, v.ManagedBy}, v.Service, nil, map[string]thing{}, map[string]thing{}}
	}
	farms, err := s.Farms(ctx, store.FarmFilter{})
	require.NoError(t, err)
	for _, v := range farms {
		m.Projects[v.Project].Farm = &thing{By: v.ManagedBy}
	}
	hosts, err := s.Hosts(ctx, store.HostFilter{})
	require.NoError(t, err)
	for _, v := range hosts {
		m.Projects[v.Project].Hosts[v.Name] = thing{v.Labels["l"], v.ManagedBy}
	}
	exporters, err := s.Exporters(ctx, store.ExporterFilter{})
	require.NoError(t, err)
	for _, v := range exporters {
		m.Projects[v.Project].Exporters[v.Job] = thing{v.Labels["l"], v.ManagedBy}
	}
	return m
}

// randomly makes a document, over so few names that they meet often.
func randomly(r *rand.Rand) written {
	field := func() string { return []string{"", "", "x", "y"}[r.IntN(4)] }
	some := func(names ...string) map[string]string {
		if r.IntN(3) == 0 {
			return nil
		}
		all := map[string]string{}
		for _, name := range names {
			if r.IntN(2) == 0 {
				all[name] = field()
			}
		}
		return all
	}
	w := written{Services: some("s1", "s2", "s3"), Projects: map[string]writtenProject{}}
	for _, name := range []string{"p1", "p2"} {
		if r.IntN(3) == 0 {
			continue
		}
		p := writtenProject{Owner: field(), Hosts: some("h1", "h2", "h3"), Exporters: some("e1", "e2")}
		if r.IntN(2) == 0 {
			p.Service = []string{"s1", "s2"}[r.IntN(2)]
		}
		if p.Hosts != nil && r.IntN(4) == 0 {
			p.Exclusive = []string{"hosts"}
		}
		w.Projects[name] = p
	}
	return w
}

// TestApplyAgreesWithAModel applies random documents to an inventory and to maps.
func TestApplyAgreesWithAModel(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		s := storetest.OpenWith(t, u, store.Options{Guard: store.GuardOptions{MaxRemoval: 100}})
		require.NoError(t, s.CreateShard(t.Context(), &store.Shard{Name: "prod", Enabled: true}))
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 1))
		m, done, refused := modelOf(t, s), 0, 0
		for range 150 {
			w := randomly(r)
			o := store.ApplyOptions{
				ManagedBy: []string{"", "a", "a", "b"}[r.IntN(4)], Prune: r.IntN(4) == 0, TakeOver: r.IntN(4) == 0, AllowEmpty: r.IntN(2) == 0,
			}
			text := w.text(t)
			d, err := document.Read("", text)
			require.NoError(t, err)
			next, wanted := m.apply(w, o)
			_, err = s.Apply(t.Context(), d, o)
			require.Equal(t, wanted == nil, err == nil, "%s %+v: %v", text, o, err)
			m = next
			require.Equal(t, m, modelOf(t, s), "%s %+v", text, o)
			if err != nil {
				refused++
				continue
			}
			done++
			again, err := s.Apply(t.Context(), d, o)
			require.NoError(t, err)
			require.Empty(t, again.Plan, "%s %+v", text, o)
		}
		t.Logf("%d applied, %d refused", done, refused)
		require.Positive(t, min(done, refused))
	})
}
