package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/cmd/promshard/remote"
	"github.com/promshard/promshard/httpsd/consumers"
	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/store"
)

func (a *app) explain(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	asked := cmd.Arg("target", "HOST:PORT, or HOST for all of its targets, or a URL.").Required().String()
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		do := inv.ExplainTarget
		if strings.Contains(*asked, "://") {
			do = inv.ExplainURL
		}
		e, err := do(ctx, *asked)
		if err != nil {
			return err
		}
		return out.print(e, func() string { return explanationText(e) })
	})
}

func explanationText(e origins.Explanation) string {
	var b strings.Builder
	for _, o := range e.Origins {
		b.WriteString(originText(o) + "\n")
	}
	if !e.Listed {
		fmt.Fprintf(&b, "%s is in no list\n", e.Asked)
	}
	for _, r := range e.Reasons {
		fmt.Fprintf(&b, "- %s\n", r.Text)
	}
	if d := e.Departed; d != nil {
		fmt.Fprintf(&b, "- %s %s was %s by revision %d, of %s, at %s\n", d.Object.Noun, d.Object.Name, departedText(d), d.Revision, d.Actor, timeText(&d.At))
	}
	if len(e.Near) > 0 {
		fmt.Fprintf(&b, "Near: %s\n", strings.Join(e.Near, ", "))
	}
	return b.String()
}

// departedText says how a name went.
func departedText(d *store.Departure) string {
	if d.Object.Kind == "deleted" {
		return "deleted"
	}
	return "renamed"
}

func originText(o origins.Origin) string {
	rows := [][]string{{"SERVICE", o.Service}, {"PROJECT", o.Project}, {"SHARD", o.Shard}}
	if o.Host != nil {
		rows = append(rows, []string{"FARM", o.Farm},
			[]string{"HOST", fmt.Sprintf("%s (id:%d)", o.Host.Name, o.Host.ID)},
			[]string{"EXPORTER", fmt.Sprintf("%s (id:%d)", endpointText(o.Exporter.Job, o.Exporter.Port, o.Exporter.Path), o.Exporter.ID)})
	} else {
		rows = append(rows, []string{"PROBE", o.Probe})
	}
	rows = append(rows, []string{"LABELS", labelText(o.Labels)},
		[]string{"SINCE", revisionText(o.Since)}, []string{"LABELS SINCE", revisionText(o.LabelsSince)},
		[]string{"SERVERS", strings.Join(o.Servers, ", ")})
	for _, v := range o.Consumers {
		rows = append(rows, []string{"CONSUMER", fmt.Sprintf("%s, %s, last seen at %s", v.Address, cell(v.UserAgent), timeText(&v.Last))})
	}
	if len(o.Consumers) == 0 {
		rows = append(rows, []string{"CONSUMER", ""})
	}
	return table([]string{"TARGET", o.Target}, rows)
}

func revisionText(revision int64) string {
	if revision == 0 {
		return ""
	}
	return "revision " + number(revision)
}

func (a *app) consumers(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	live := boolFlag(cmd, "live", "Those that still ask, or with --no-live those that do not.")
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		list, err := inv.ListConsumers(ctx, live.value)
		if err != nil {
			return err
		}
		if list.Partial {
			fmt.Fprintln(a.err, "promshard: the server could not read what others have seen; this is what it has seen itself")
		}
		return out.print(list, func() string { return consumersText(list, time.Now()) })
	})
}

func consumersText(list remote.ConsumerList, now time.Time) string {
	rows := make([][]string, len(list.Consumers))
	for i, v := range list.Consumers {
		rows[i] = []string{
			v.Address, v.UserAgent, v.List, v.FilterText(), intervalText(v.Interval), openText(v), timeText(&v.Last),
			yesNo(v.Live(now)), number(v.Revision),
		}
	}
	text := table([]string{"ADDRESS", "USER AGENT", "LIST", "FILTERS", "INTERVAL", "OPEN", "LAST SEEN", "LIVE", "REVISION"}, rows)
	rows = make([][]string, len(list.Servers))
	for i, s := range list.Servers {
		rows[i] = []string{s.Server, s.Shard, yesNo(s.Live), timeText(s.Last), s.By}
	}
	return text + "\n" + table([]string{"SERVER", "SHARD", "LIVE", "LAST SEEN", "KNOWN BY"}, rows)
}

func intervalText(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return time.Duration(seconds * float64(time.Second)).String()
}

// openText says what a consumer holds open.
func openText(v consumers.View) string {
	var open []string
	if v.Held > 0 {
		open = append(open, fmt.Sprintf("%d held", v.Held))
	}
	if v.Watching > 0 {
		open = append(open, fmt.Sprintf("%d watching", v.Watching))
	}
	return strings.Join(open, ", ")
}
