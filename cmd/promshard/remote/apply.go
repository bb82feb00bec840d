package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/promshard/promshard/store"
)

// Apply implements store.Registry. Its errors name the place in the document as it is here, which may come from several
// files.
func (c *Client) Apply(ctx context.Context, d store.Document, o store.ApplyOptions) (result store.ApplyResult, err error) {
	query := url.Values{}
	setUnlessEmpty(query, "managed_by", o.ManagedBy)
	for name, is := range map[string]bool{"prune": o.Prune, "take_over": o.TakeOver, "allow_empty": o.AllowEmpty} {
		if is {
			query.Set(name, "true")
		}
	}
	err = c.write(ctx, request{method: http.MethodPost, path: apiPrefix + "/apply", query: query, body: d}, &result)
	return result, placed(err, &d)
}

// placed makes an error about a place in the document that was sent one about where that comes from.
func placed(err error, d *store.Document) error {
	var r *refusal
	var refused *store.Error
	if !errors.As(err, &r) || !errors.As(err, &refused) || refused.Field == "" {
		return err
	}
	const sent = "document "
	rest, ok := strings.CutPrefix(r.text, sent+refused.Field)
	if !ok {
		return err
	}
	places := placesOf(d)
	path, at := longestPlace(refused.Field, places)
	if at == (store.Position{}) {
		return err
	}
	const firstAs = "is stated twice, first as "
	if before, after, twice := strings.Cut(rest, firstAs); twice {
		first, end, _ := strings.Cut(after, ";")
		if position, known := places[first]; known {
			rest = before + firstAs + position.String() + ";" + end
		}
	}
	there := *refused
	there.Field = at.Path + strings.TrimPrefix(refused.Field, path)
	source := at.Source
	if source == "" {
		source = strings.TrimSpace(sent)
	}
	there.Reason = source + " " + there.Field + rest
	return &refusal{text: there.Reason, err: &there}
}

// longestPlace finds the innermost place that a field is in.
func longestPlace(field string, places map[string]store.Position) (path string, at store.Position) {
	for p, position := range places {
		after, ok := strings.CutPrefix(field, p)
		if ok && len(p) > len(path) && (after == "" || after[0] == '.') {
			path, at = p, position
		}
	}
	return path, at
}

// placesOf says where each statement of a document comes from, by its place in the document as it is sent.
func placesOf(d *store.Document) map[string]store.Position {
	places := map[string]store.Position{}
	addPlaces(places, "shards", d.Shards)
	addPlaces(places, "servers", d.Servers)
	addPlaces(places, "services", d.Services)
	addPlaces(places, "probes", d.Probes)
	addPlaces(places, "default_exporters", d.DefaultExporters)
	addPlaces(places, "projects", d.Projects)
	for i, p := range d.Projects {
		base := fmt.Sprintf("projects[%d].", i)
		if farm := p.Fields.Farm; farm != nil {
			places[base+"farm"] = farm.Position
		}
		if hosts := p.Fields.Hosts; hosts != nil {
			addPlaces(places, base+"hosts", *hosts)
		}
		if exporters := p.Fields.Exporters; exporters != nil {
			addPlaces(places, base+"exporters", *exporters)
		}
		if urls := p.Fields.URLs; urls != nil {
			addPlaces(places, base+"urls", *urls)
		}
	}
	return places
}

func addPlaces[U any](places map[string]store.Position, list string, stated []store.Stated[U]) {
	for i, s := range stated {
		places[fmt.Sprintf("%s[%d]", list, i)] = s.Position
	}
}
