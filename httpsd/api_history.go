package httpsd

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/promshard/promshard/store"
)

// errNoHistory is for an inventory that does not know its past.
var errNoHistory = errors.New("the inventory has no history")

// historyRoutes are the addresses of the journal, and of what is known beside the inventory.
func (h *handler) historyRoutes() []route {
	base, most := apiPrefix+"/journal", h.o.API.MaxPageSize
	return []route{
		{name: "api_journal", path: base, needs: needView, handle: h.operate(journalList), doc: journalListDoc(most)},
		{name: "api_journal", path: base + "/{revision}", needs: needView, handle: h.operate(journalPage), doc: journalPageDoc(most)},
		{
			name: "api_revert", path: base + "/{revision}/revert", methods: []string{http.MethodPost}, needs: needEdit,
			handle: h.operate(revert), doc: revertDoc(),
		},
		{name: "api_lists_diff", path: apiPrefix + "/lists/diff", needs: needView, handle: h.operate(listsDiff), doc: listsDiffDoc()},
		{name: "api_explain", path: apiPrefix + "/explain", needs: needView, handle: h.operate(explainTarget), doc: explainDoc()},
		{name: "api_consumers", path: apiPrefix + "/consumers", needs: needView, handle: h.operate(listConsumers), doc: consumersDoc()},
	}
}

// history is the inventory's past.
func (c *call) history() (store.History, error) {
	history, ok := c.inventory.(store.History)
	if !ok {
		return nil, errNoHistory
	}
	return history, nil
}

// journalItem is an entry in a list: without what it did to each object, which can be long.
type journalItem struct {
	Revision int64     `json:"revision"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Action   string    `json:"action"`
	Summary  string    `json:"summary"`
}

// journalList answers with a page of the journal, the newest entry first.
func journalList(c *call) error {
	most := c.h.o.API.MaxPageSize
	f := store.JournalFilter{
		After: c.query.count("from_revision") - 1, Before: c.query.count("to_revision") + 1,
		Since: c.query.time("since"), Until: c.query.time("until"),
		Actor: c.query.text("actor"), Action: c.query.text("action"), Noun: c.query.text("noun"), ID: c.query.count("id"),
		Limit:  c.query.number("limit", 1, most, min(defaultPageSize, most)),
		Newest: true, Brief: true,
	}
	f.After = max(f.After, 0)
	if f.Before == 1 {
		f.Before = 0
	}
	if cursor := c.query.count("cursor"); cursor > 0 && (f.Before == 0 || cursor < f.Before) {
		f.Before = cursor
	}
	if err := c.query.done(); err != nil {
		return err
	}
	if err := c.permit(needView, names{}); err != nil {
		return err
	}
	f.Limit++
	entries, err := c.inventory.Journal(c.r.Context(), f)
	if err != nil {
		return err
	}
	page := listing[journalItem]{Items: []journalItem{}}
	for i, e := range entries {
		if i == f.Limit-1 {
			page.Next = strconv.FormatInt(entries[i-1].Revision, 10)
			break
		}
		page.Items = append(page.Items, journalItem{e.Revision, e.At, e.Actor, e.Action, e.Summary})
	}
	return c.reply(http.StatusOK, page)
}

// count returns a parameter that is a whole number above 0; 0 when it is not given.
func (p *parameters) count(name string) int64 {
	value, given := p.take(name)
	if !given {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != value {
		p.refuse(name, value, "is not a whole number from 1 upwards")
		return 0
	}
	return n
}

// time returns a parameter that is a point in time; the zero time when it is not given.
func (p *parameters) time(name string) time.Time {
	value, given := p.take(name)
	if !given {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		p.refuse(name, value, "is not a time like 2026-01-31T12:00:00Z")
	}
	return t
}

// revision is the one that the address names.
func (c *call) revision() (int64, error) {
	text, err := pathVar(c.r, "revision")
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != text {
		return 0, &store.Error{
			Kind: store.ErrNotFound, Noun: "journal", Field: "revision", Value: shorten(text),
			Reason: "the journal has no such revision; they are whole numbers from 1 upwards",
		}
	}
	return n, nil
}

// journalPageMost is how many objects a page of an entry has at most.
const journalPageMost = 1_000

// journalPage answers with one entry and what it did to some of its objects.
func journalPage(c *call) error {
	most := min(journalPageMost, c.h.o.API.MaxPageSize)
	limit, offset := c.query.number("limit", 1, most, min(defaultPageSize, most)), c.query.count("cursor")
	if err := c.query.done(); err != nil {
		return err
	}
	revision, err := c.revision()
	if err != nil {
		return err
	}
	if err := c.permit(needView, names{}); err != nil {
		return err
	}
	page, err := c.inventory.JournalPage(c.r.Context(), revision, offset, limit)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, page)
}

// revert undoes the revision that the address names.
func revert(c *call) error {
	ctx, receipt := c.writing()
	if err := c.begin(needEdit); err != nil {
		return err
	}
	revision, err := c.revision()
	if err != nil {
		return err
	}
	if ctx, err = c.once(ctx, nil); err != nil {
		return err
	}
	did, err := c.inventory.Revert(ctx, revision)
	if err != nil {
		return err
	}
	return c.wrote(http.StatusOK, did, receipt)
}
