package remote

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/store"
)

// Entries returns entries of the journal, without what they did to each object. The filter must say Newest and Brief.
func (c *Client) Entries(ctx context.Context, f store.JournalFilter) ([]store.Entry, error) {
	limit, err := f.Check()
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	setUnlessEmpty(query, "actor", f.Actor)
	setUnlessEmpty(query, "action", f.Action)
	setUnlessEmpty(query, "noun", f.Noun)
	setUnlessZero(query, "id", f.ID)
	if f.After > 0 {
		setUnlessZero(query, "from_revision", f.After+1)
	}
	switch {
	case f.Before == 1:
		return []store.Entry{}, nil
	case f.Before > 1:
		setUnlessZero(query, "to_revision", f.Before-1)
	}
	for name, at := range map[string]time.Time{"since": f.Since, "until": f.Until} {
		if !at.IsZero() {
			query.Set(name, at.Format(time.RFC3339Nano))
		}
	}
	entries, _, err := pages[store.Entry](ctx, c, apiPrefix+"/journal", query, "", limit)
	return entries, err
}

func setUnlessZero(query url.Values, name string, n int64) {
	if n != 0 {
		query.Set(name, strconv.FormatInt(n, 10))
	}
}

// get reads what is at an address of the API.
func (c *Client) get(ctx context.Context, path string, query url.Values, data any) error {
	return c.ask(ctx, request{method: http.MethodGet, path: apiPrefix + path, query: query, repeatable: true}, data)
}

// JournalPage implements store.Registry. A server that allows smaller pages is asked for several.
func (c *Client) JournalPage(ctx context.Context, revision, offset int64, limit int) (page store.JournalPage, err error) {
	wanted, err := store.CheckJournalPage(offset, limit)
	if err != nil {
		return page, err
	}
	path := "/journal/" + strconv.FormatInt(revision, 10)
	page.Objects = []store.ObjectDiff{}
	for most := c.most(wanted); ; {
		query := url.Values{"limit": {strconv.Itoa(min(most, wanted-len(page.Objects)))}}
		setUnlessZero(query, "cursor", offset)
		var part store.JournalPage
		switch err := c.get(ctx, path, query, &part); {
		case tooMany(err) && most > 1:
			most = c.fewer(most)
			continue
		case err != nil:
			return store.JournalPage{}, err
		}
		part.Objects = append(page.Objects, part.Objects...)
		page, offset = part, part.Next
		if page.Next == 0 || len(page.Objects) >= wanted {
			return page, nil
		}
	}
}

// Revert implements store.Registry.
func (c *Client) Revert(ctx context.Context, revision int64) (r store.Reversal, err error) {
	path := apiPrefix + "/journal/" + strconv.FormatInt(revision, 10) + "/revert"
	return r, c.write(ctx, request{method: http.MethodPost, path: path}, &r)
}

// Diff says what the revisions after one, up to and with another, did to the lists. A to of 0 is the newest, an empty shard
// all of them; no more targets than limit are named.
func (c *Client) Diff(ctx context.Context, from, to int64, shard string, limit int) (d origins.Diff, err error) {
	query := url.Values{"from": {strconv.FormatInt(from, 10)}, "limit": {strconv.Itoa(limit)}}
	setUnlessZero(query, "to", to)
	setUnlessEmpty(query, "shard", shard)
	return d, c.get(ctx, "/lists/diff", query, &d)
}

// ExplainTarget says where a target comes from and who gets it, or why nobody does.
func (c *Client) ExplainTarget(ctx context.Context, target string) (e origins.Explanation, err error) {
	return e, c.get(ctx, "/explain", url.Values{"target": {target}}, &e)
}

// ExplainURL does so for a URL.
func (c *Client) ExplainURL(ctx context.Context, address string) (e origins.Explanation, err error) {
	return e, c.get(ctx, "/explain", url.Values{"url": {address}}, &e)
}

// ConsumerList is who asks for lists.
type ConsumerList struct {
	// Partial is true when the server could not read what others have seen.
	Partial   bool                   `json:"partial"`
	Consumers []consumers.View       `json:"consumers"`
	Servers   []consumers.ServerView `json:"servers"`
}

// ListConsumers says who asks for lists: those that still do, those that do not, or with nil both.
func (c *Client) ListConsumers(ctx context.Context, live *bool) (list ConsumerList, err error) {
	query := url.Values{}
	if live != nil {
		query.Set("live", strconv.FormatBool(*live))
	}
	return list, c.get(ctx, "/consumers", query, &list)
}
