package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// SetHosts says how the hosts of a project are changed at once. Either Replace is set, or at least one of the others.
// Hosts are told apart by Name; what they say of a farm or a project is not looked at.
type SetHosts struct {
	// Add are hosts that are to be there: those that are stay as they are, labels and all.
	Add []Host
	// Remove are names of hosts that are to be gone.
	Remove []string
	// Replace, when not nil, is all there is to be: others go, and those that are there get what it says of them.
	Replace *[]Host
}

// SetHostsResult says what SetHosts did, in numbers of hosts.
type SetHostsResult struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Removed   int `json:"removed"`
	Unchanged int `json:"unchanged"`
	// Missing are names in Remove that were not there.
	Missing []string `json:"missing,omitempty"`
}

// SetHosts implements Inventory.
func (s *Store) SetHosts(ctx context.Context, project int64, h SetHosts) (SetHostsResult, error) {
	return written(ctx, s, "host.set", func(tx *writeTx) (SetHostsResult, error) {
		return setHosts(ctx, tx, project, h)
	})
}

func setHosts(ctx context.Context, tx *writeTx, id int64, h SetHosts) (r SetHostsResult, err error) {
	project, err := projectTable.byID(ctx, tx, id)
	if err != nil {
		return r, err
	}
	set := hostSet{tx: tx, project: project, result: &r, there: map[string]Host{}}
	if set.wanted, set.unwanted, err = h.plan(); err != nil {
		return r, err
	}
	if err := set.load(ctx); err != nil {
		return r, err
	}
	set.replace = h.Replace != nil
	if err := set.remove(ctx); err != nil {
		return r, err
	}
	if err := set.put(ctx); err != nil {
		return r, err
	}
	if r.Added+r.Changed+r.Removed > 0 {
		tx.touchProjects(project.ID)
	}
	tx.describe("set hosts of project %q: %d added, %d changed, %d removed", project.Name, r.Added, r.Changed, r.Removed)
	return r, nil
}

// Check returns ErrInvalid unless either Replace is set or one of the others is. It does not look at the hosts.
func (h SetHosts) Check() error {
	switch {
	case h.Replace != nil && len(h.Add)+len(h.Remove) > 0:
		return invalidHosts("replace", "", "does not go with add or remove; say one or the others")
	case h.Replace == nil && len(h.Add)+len(h.Remove) == 0:
		return invalidHosts("add", "", "is missing; say add, remove or replace")
	}
	return nil
}

// plan returns the hosts that are to be there, validated, and the names of those that are to go. It refuses a
// host that is named twice.
func (h SetHosts) plan() (wanted []Host, unwanted []string, err error) {
	if err := h.Check(); err != nil {
		return nil, nil, err
	}
	field := "add"
	wanted = slices.Clone(h.Add)
	if h.Replace != nil {
		field, wanted = "replace", slices.Clone(*h.Replace)
	}
	seen := map[string]bool{}
	for i := range wanted {
		if err := wanted[i].validate(); err != nil {
			return nil, nil, err
		}
		if seen[wanted[i].Name] {
			return nil, nil, invalidHosts(field, wanted[i].Name, "is named twice")
		}
		seen[wanted[i].Name] = true
	}
	for _, name := range h.Remove {
		host := Host{Name: name}
		if err := host.validate(); err != nil {
			return nil, nil, err
		}
		if seen[host.Name] {
			return nil, nil, invalidHosts("remove", name, "is named twice")
		}
		seen[host.Name] = true
		unwanted = append(unwanted, host.Name)
	}
	return wanted, unwanted, nil
}

func invalidHosts(field, value, reason string) error {
	return &Error{Kind: ErrInvalid, Noun: "hosts", Field: field, Value: shorten(value), Reason: reason}
}

// hostSet is one SetHosts under way.
type hostSet struct {
	tx       *writeTx
	project  Project
	farm     Farm
	wanted   []Host
	unwanted []string
	replace  bool
	// there are the project's hosts by name, as they were.
	there  map[string]Host
	result *SetHostsResult
}

// load reads the farm and its hosts.
func (s *hostSet) load(ctx context.Context) (err error) {
	var found bool
	if s.farm, found, err = findFarm(ctx, s.tx, s.project.ID); err != nil || !found {
		return err
	}
	hosts, err := hostTable.list(ctx, s.tx, whereIs("host.farm_id", s.farm.ID))
	for _, h := range hosts {
		s.there[h.Name] = h
	}
	return err
}

// remove deletes the hosts that are to go.
func (s *hostSet) remove(ctx context.Context) error {
	unwanted := s.unwanted
	if s.replace {
		gone := maps.Clone(s.there)
		for _, h := range s.wanted {
			delete(gone, h.Name)
		}
		unwanted = slices.Sorted(maps.Keys(gone))
	}
	for _, name := range unwanted {
		h, there := s.there[name]
		if !there {
			s.result.Missing = append(s.result.Missing, name)
			continue
		}
		if err := hostTable.remove(ctx, s.tx, h); err != nil {
			return err
		}
		s.result.Removed++
	}
	return nil
}

// put creates the hosts that are to be there, and changes those that are replaced.
func (s *hostSet) put(ctx context.Context) (err error) {
	var rows []Host
	for _, h := range s.wanted {
		known, there := s.there[h.Name]
		switch {
		case !there:
			rows = append(rows, h)
		case !s.replace:
			s.result.Unchanged++
		default:
			if err := s.change(ctx, known, h); err != nil {
				return err
			}
		}
	}
	s.result.Added = len(rows)
	return s.create(ctx, rows)
}

func (s *hostSet) change(ctx context.Context, before, wanted Host) error {
	after, err := updateHost(ctx, s.tx, before, HostUpdate{Enabled: &wanted.Enabled, Labels: &wanted.Labels})
	if err != nil {
		return err
	}
	if after.Version == before.Version {
		s.result.Unchanged++
	} else {
		s.result.Changed++
	}
	return nil
}

// create inserts hosts, and before them the farm when the project has none.
func (s *hostSet) create(ctx context.Context, hosts []Host) (err error) {
	if len(hosts) == 0 {
		return nil
	}
	if s.farm.ID == 0 {
		if s.farm, err = createFarm(ctx, s.tx, Farm{Name: s.project.Name, ProjectID: s.project.ID}); err != nil {
			return err
		}
	}
	rows := make([][]any, len(hosts))
	names := make([]string, len(hosts))
	for i, h := range hosts {
		rows[i] = []any{h.Name, h.Enabled, h.Labels, s.farm.ID}
		names[i] = h.Name
	}
	if _, err := s.tx.insertRows(ctx, `host (name, enabled, labels, farm_id)`, rows); err != nil {
		return fmt.Errorf("creating hosts of project %q: %w", s.project.Name, err)
	}
	for part := range slices.Chunk(names, rowsPerInsert) {
		w := whereIn("host.name", part)
		w.add("host.farm_id = ?", s.farm.ID)
		created, err := hostTable.list(ctx, s.tx, w)
		if err != nil {
			return err
		}
		for _, h := range created {
			if _, err := hostTable.created(ctx, s.tx, h); err != nil {
				return err
			}
		}
	}
	return nil
}
