package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ProjectRows implements History.
func (s *Store) ProjectRows(ctx context.Context, ids []int64) (map[int64]*ProjectRows, error) {
	var found map[int64]*ProjectRows
	err := s.view(ctx, func(v view) (err error) {
		found, err = v.projectsByID(ctx, ids)
		return err
	})
	for id, rows := range found {
		if rows == nil {
			delete(found, id)
		}
	}
	return found, err
}

// nearCandidates is how many names are looked at for those that are near one.
const nearCandidates = 200

// NearHosts implements History. The names it looks at begin as the name does, up to its first dot or a little less.
func (s *Store) NearHosts(ctx context.Context, name string, limit int) ([]string, error) {
	short, _, _ := strings.Cut(name, ".")
	for cut := 0; cut <= 3 && len(short)-cut > 0; cut++ {
		names, err := s.namesWithPrefix(ctx, "host", "name", short[:len(short)-cut])
		if err != nil || len(names) > 0 {
			return nearest(names, name, limit), err
		}
	}
	return []string{}, nil
}

// NearURLs implements History. The URLs it looks at have the same host.
func (s *Store) NearURLs(ctx context.Context, address string, limit int) ([]string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return []string{}, nil //nolint:nilerr // what is no URL is near none
	}
	var names []string
	for _, scheme := range []string{"http", "https"} {
		some, err := s.namesWithPrefix(ctx, "url", "url", scheme+"://"+u.Host)
		if err != nil {
			return nil, err
		}
		names = append(names, some...)
	}
	return nearest(names, address, limit), nil
}

// namesWithPrefix reads values of a column that begin with a prefix.
func (s *Store) namesWithPrefix(ctx context.Context, table, column, prefix string) ([]string, error) {
	w := where{conditions: []string{column + " >= ?", column + " < ?"}, args: []any{prefix, prefix + "\U0010ffff"}}
	names := []string{}
	if w.impossible() {
		return names, nil
	}
	query := "SELECT DISTINCT " + column + " FROM " + table + w.sql() + " ORDER BY " + column + " LIMIT ?"
	if err := s.read().selectAll(ctx, &names, query, append(w.args, nearCandidates)...); err != nil {
		return nil, fmt.Errorf("looking for names like %q: %w", prefix, err)
	}
	return names, nil
}

// nearest returns the names by how far they are from one.
func nearest(names []string, name string, limit int) []string {
	far := make(map[string]int, len(names))
	for _, n := range names {
		far[n] = distance(n, name)
		if strings.HasPrefix(n, name+".") || strings.HasPrefix(name, n+".") {
			far[n] = 0 // the short and the full name of one host
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(far[a], far[b]), cmp.Compare(a, b)) })
	names = slices.Compact(names)
	return names[:min(len(names), limit)]
}

// distance is how many bytes must be put in, taken out or replaced to make one string of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Departure is how an object got out of the inventory, or out of its name.
type Departure struct {
	Revision int64      `json:"revision"`
	At       time.Time  `json:"at"`
	Actor    string     `json:"actor"`
	Action   string     `json:"action"`
	Object   ObjectDiff `json:"object"`
}

// departureEntries is how far back LastNamed looks, in entries that name objects of the noun.
const departureEntries = 1_000

// LastNamed implements History.
func (s *Store) LastNamed(ctx context.Context, noun, name string) (d Departure, found bool, err error) {
	quoted, err := json.Marshal(name)
	if err != nil || nouns[noun] == nil {
		return d, false, err
	}
	pattern := "%" + strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`).Replace(string(quoted)) + "%"
	var rows []entryRow
	err = s.read().selectAll(ctx, &rows, `
		SELECT `+entryColumns+`
		FROM   journal
		WHERE  changes LIKE ? ESCAPE '!' AND revision IN (
			SELECT DISTINCT revision FROM journal_object WHERE noun = ? ORDER BY revision DESC LIMIT ?)
		ORDER BY revision DESC LIMIT 10`, pattern, noun, departureEntries)
	if err != nil {
		return d, false, fmt.Errorf("looking for what became of %s %q: %w", noun, name, err)
	}
	for _, row := range rows {
		entry, err := row.entry()
		if err != nil {
			return d, false, fmt.Errorf("reading the journal: entry %d: %w", row.Revision, err)
		}
		if c, ok := entry.departed(noun, name); ok {
			return Departure{entry.Revision, entry.At, entry.Actor, entry.Action, c.object()}, true, nil
		}
	}
	return d, false, nil
}

// departed returns the change of the entry after which an object did not have the name any more.
func (e Entry) departed(noun, name string) (Change, bool) {
	for _, c := range e.Changes {
		if c.Noun != noun || c.Before == nil {
			continue
		}
		before, err := nouns[noun].decode(c.Before)
		if err != nil || before.name != name {
			continue
		}
		if c.After == nil {
			return c, true
		}
		if after, err := nouns[noun].decode(c.After); err == nil && after.name != name {
			return c, true
		}
	}
	return Change{}, false
}
