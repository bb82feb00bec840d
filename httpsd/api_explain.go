package httpsd

import (
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/store"
)

// diffDefault is how many targets a comparison of lists names when that is not said.
const diffDefault = 1_000

// listsDiff answers with what a range of revisions did to the lists.
func listsDiff(c *call) error {
	from, to := c.query.number("from", 0, maxNumber, 0), c.query.count("to")
	if _, given := c.query.values["from"]; !given {
		c.query.refuse("from", "", "is missing; name the revision after which changes count")
	}
	shard, limit := c.query.text("shard"), c.query.number("limit", 1, origins.DiffMost, diffDefault)
	if err := c.query.done(); err != nil {
		return err
	}
	if err := c.permit(needView, names{shard: shard}); err != nil {
		return err
	}
	history, err := c.history()
	if err != nil {
		return err
	}
	past, err := history.Between(c.r.Context(), int64(from), to)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, origins.Compare(past, shard, limit))
}

// explainSource is what is asked about targets.
func (c *call) explainSource() (origins.Source, error) {
	source, ok := c.inventory.(origins.Source)
	if !ok {
		return nil, errNoHistory
	}
	return source, nil
}

// explainTarget answers with where a target or a URL comes from.
func explainTarget(c *call) error {
	target, aboutTarget := c.query.take("target")
	url, aboutURL := c.query.take("url")
	if aboutTarget == aboutURL {
		c.query.refuse("target", "", "is missing; name a target, or a url, and not both")
	}
	if err := c.query.done(); err != nil {
		return err
	}
	source, err := c.explainSource()
	if err != nil {
		return err
	}
	views, _, err := c.consumers(source)
	if err != nil {
		return err
	}
	do, asked := origins.Target, target
	if aboutURL {
		do, asked = origins.URL, url
	}
	e, err := do(c.r.Context(), source, asked, origins.Options{Consumers: views})
	if err != nil {
		return err
	}
	if err := c.onlyPermitted(&e); err != nil {
		return err
	}
	return c.reply(http.StatusOK, e)
}

// onlyPermitted takes out of an explanation what whoever asks may not see. It returns an error when that is all.
func (c *call) onlyPermitted(e *origins.Explanation) error {
	everything := c.permit(needView, names{})
	if everything == nil {
		return nil
	}
	permitted := map[string]bool{}
	may := func(project string) bool {
		if _, known := permitted[project]; !known {
			permitted[project] = project != "" && c.permit(needView, names{project: project}) == nil
		}
		return permitted[project]
	}
	e.Origins = slices.DeleteFunc(e.Origins, func(o origins.Origin) bool { return !may(o.Project) })
	e.Reasons = slices.DeleteFunc(e.Reasons, func(r origins.Reason) bool { return !may(r.Project) })
	e.Near, e.Departed = nil, nil
	if len(e.Origins)+len(e.Reasons) == 0 {
		return everything
	}
	return nil
}

// consumers are those that this server and others have seen. partial is true when what others have seen cannot be read.
func (c *call) consumers(history store.History) (views []consumers.View, partial bool, err error) {
	rows, err := history.Consumers(c.r.Context())
	if err != nil && c.r.Context().Err() != nil {
		return nil, false, err
	}
	own, replica := c.h.o.Consumers.All(), c.h.o.Replica
	rows = slices.DeleteFunc(rows, func(row store.Consumer) bool { return row.Replica == replica })
	for i := range own {
		own[i].Replica = replica
	}
	return consumers.Join(append(rows, own...)), err != nil, nil
}

// consumerList is the answer of listConsumers.
type consumerList struct {
	// Partial is true when what other replicas have seen is not in it, since the database cannot be read.
	Partial   bool                   `json:"partial"`
	Consumers []consumers.View       `json:"consumers"`
	Servers   []consumers.ServerView `json:"servers"`
}

// listConsumers answers with who asks for lists, and which registered servers do.
func listConsumers(c *call) error {
	live := c.query.flag("live")
	if err := c.query.done(); err != nil {
		return err
	}
	if err := c.permit(needView, names{}); err != nil {
		return err
	}
	history, err := c.history()
	if err != nil {
		return err
	}
	var list consumerList
	if list.Consumers, list.Partial, err = c.consumers(history); err != nil {
		return err
	}
	s, err := c.h.loaded()
	if err != nil {
		return err
	}
	now := time.Now()
	list.Servers = consumers.Servers(c.r.Context(), s.Servers(), list.Consumers, net.DefaultResolver, now)
	if live != nil {
		list.Consumers = slices.DeleteFunc(list.Consumers, func(v consumers.View) bool { return v.Live(now) != *live })
		list.Servers = slices.DeleteFunc(list.Servers, func(s consumers.ServerView) bool { return s.Live != *live })
	}
	return c.reply(http.StatusOK, list)
}
