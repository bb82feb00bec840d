package main

import (
	"context"
	"fmt"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/cmd/promshard/compare"
	"github.com/promshard/promshard/httpsd/snapshot"
)

// compareOptions are the flags of compare.
type compareOptions struct {
	list, with string
	query      snapshot.Query
	urls       bool
	pools      []string
	dropped    bool
	ignore     []string
	limit      int
	timeout    time.Duration
}

// comparedList is one list as a result names it.
type comparedList struct {
	List string `json:"list"`
	compare.Side
}

// compared is what compare prints.
type compared struct {
	Here         comparedList         `json:"here"`
	There        comparedList         `json:"there"`
	Same         bool                 `json:"same"`
	Equal        int                  `json:"equal"`
	OnlyHere     int                  `json:"only_here"`
	OnlyThere    int                  `json:"only_there"`
	LabelsDiffer int                  `json:"labels_differ"`
	Differences  []compare.Difference `json:"differences"`
}

func (a *app) addCompare() {
	const help = "Compare two lists as sets of targets with their labels. " +
		"A list is a file of target groups (YAML by its name, JSON otherwise), the http(s) URL of one, - for standard input, or the targets of a running Prometheus as it discovered them, prometheus+URL; LIST is the inventory's own when it is left out. " +
		"Of a Prometheus, the labels that it adds by itself do not count."
	const examples = "promshard compare --with=https://promgen.example/rest/all/targets\n" +
		"promshard compare --shard=prod --with=prometheus+http://prometheus001.example:9090 --pool=promshard\n" +
		"promshard compare old.json --with=new.json --ignore-label=owner --output=json"
	a.command(a.kingpin, "compare", help, examples, func(cmd *kingpin.CmdClause) action {
		var o compareOptions
		cmd.Arg("list", "List to compare; the inventory's own when there is none.").StringVar(&o.list)
		cmd.Flag("with", "List to compare it with.").Required().PlaceHolder("LIST").StringVar(&o.with)
		a.addServer(cmd)
		addQuery(cmd, &o.query)
		cmd.Flag("urls", "Compare the inventory's list of URLs to probe, not that of targets.").BoolVar(&o.urls)
		cmd.Flag("pool", "Of a Prometheus, only this scrape pool, which is a job_name. Repeatable.").PlaceHolder("POOL").StringsVar(&o.pools)
		cmd.Flag("dropped", "Of a Prometheus, also the targets that relabelling drops.").BoolVar(&o.dropped)
		cmd.Flag("ignore-label", "Label that does not count. Repeatable.").PlaceHolder("NAME").StringsVar(&o.ignore)
		cmd.Flag("limit", "How many differences of each kind to show; 0 shows all.").Default("20").PlaceHolder("20").IntVar(&o.limit)
		cmd.Flag("timeout", "How long fetching one URL may take in all.").Default("5m").PlaceHolder("5m").DurationVar(&o.timeout)
		out := a.addOutput(cmd)
		return func(ctx context.Context) error { return a.compare(ctx, o, out) }
	})
}

// addQuery gives a command the flags that narrow the inventory's list.
func addQuery(cmd *kingpin.CmdClause, q *snapshot.Query) {
	for _, f := range []struct {
		name   string
		values *[]string
	}{{"shard", &q.Shards}, {"as", &q.Servers}, {"service", &q.Services}, {"project", &q.Projects}, {"job", &q.Jobs}} {
		help, placeholder := "Of the inventory's list, only this "+f.name+". Repeatable.", "NAME"
		if f.name == "as" {
			help, placeholder = "Of the inventory's list, only the shard that the Prometheus HOST:PORT is registered to. Repeatable.", "HOST:PORT"
		}
		cmd.Flag(f.name, help).PlaceHolder(placeholder).StringsVar(f.values)
	}
}

// compare reads both lists and prints in what they differ. It is an error when they do.
func (a *app) compare(ctx context.Context, o compareOptions, out *output) error {
	for _, list := range []*string{&o.list, &o.with} {
		if *list == "-" { // behind a "=", which spellOutStdin leaves alone
			*list = stdinName
		}
	}
	if err := o.check(); err != nil {
		return &usageError{err: err}
	}
	names := [2]string{listName(o.list), listName(o.with)}
	result, err := compare.Compare(a.groupsOf(ctx, o, o.list), a.groupsOf(ctx, o, o.with),
		compare.Options{IgnoreLabels: o.ignore, Limit: o.limit})
	if err != nil {
		return err
	}
	r := compared{
		Here:  comparedList{names[0], result.Here},
		There: comparedList{names[1], result.There},
		Same:  result.Same(), Equal: result.Equal,
		OnlyHere: result.OnlyHere, OnlyThere: result.OnlyThere, LabelsDiffer: result.LabelsDiffer,
		Differences: result.Differences,
	}
	if err := out.print(r, r.text); err != nil {
		return err
	}
	if !r.Same {
		return fmt.Errorf("%w: %s and %s", errListsDiffer, names[0], names[1])
	}
	return nil
}

// check refuses flags that would say nothing.
func (o *compareOptions) check() error {
	q := o.query
	narrowed := len(q.Shards)+len(q.Servers)+len(q.Services)+len(q.Projects)+len(q.Jobs) > 0
	asked := isPrometheus(o.list) || isPrometheus(o.with)
	switch {
	case o.list != "" && (narrowed || o.urls):
		return fmt.Errorf("--shard, --as, --service, --project, --job and --urls are about the inventory's list, but LIST is %s", listName(o.list))
	case !asked && (len(o.pools) > 0 || o.dropped):
		return fmt.Errorf("--pool and --dropped are about a Prometheus, which neither list is; its URL is written %shttp://HOST:PORT", prometheusPrefix)
	case o.list == stdinName && o.with == stdinName:
		return fmt.Errorf("both lists are standard input")
	case o.limit < 0:
		return fmt.Errorf("--limit %d: not a number from 0 upwards", o.limit)
	}
	return nil
}
