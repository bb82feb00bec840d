package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/promshard/promshard/store"
)

// Import implements store.Registry. The list is sent as it comes, compressed, once: a connection that breaks meanwhile
// is an error, and nothing of the list is taken in then.
func (c *Client) Import(ctx context.Context, groups store.ImportGroups, o store.ImportOptions) (result store.ImportResult, err error) {
	r := request{method: http.MethodPost, path: apiPrefix + "/import", query: url.Values{}}
	setUnlessEmpty(r.query, "shard", o.Shard)
	wishes := store.WishesOf(ctx)
	r.wish(wishes)
	into := form{Data: &result}
	err = c.upload(ctx, r, &listUpload{groups: groups, progress: o.Progress}, &into)
	fill(wishes.Receipt, into.Receipt, err)
	return result, err
}

// listUpload writes groups as a list in JSON.
type listUpload struct {
	groups   store.ImportGroups
	progress func(targets int64)
	// err is what was wrong with the groups.
	err error
}

func (u *listUpload) broken() error { return u.err }

// progressStep is how many targets pass between two calls of progress.
const progressStep = 1000

func (u *listUpload) write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	targets, reported, number, between := int64(0), int64(0), 0, "["
	for g, err := range u.groups {
		number++
		if err != nil {
			u.err = fmt.Errorf("reading group %d: %w", number, err)
			return u.err
		}
		if _, err := io.WriteString(w, between); err != nil {
			return err
		}
		if err := encoder.Encode(g); err != nil {
			return err
		}
		between = ","
		if targets += int64(len(g.Targets)); u.progress != nil && targets-reported >= progressStep {
			u.progress(targets)
			reported = targets
		}
	}
	end := "]"
	if between == "[" {
		end = "[]"
	}
	_, err := io.WriteString(w, end)
	return err
}
