package origins

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// host explains a host of one project.
func (e *explainer) host(ctx context.Context, h store.Host, port int) error {
	p, rows, err := e.project(ctx, h.Project)
	if err != nil || rows == nil {
		return err
	}
	exporters, err := e.source.Exporters(ctx, store.ExporterFilter{Project: h.Project})
	if err != nil {
		return err
	}
	if !p.Enabled {
		e.because(ProjectDisabled, p.Name, fmt.Sprintf("project %q is disabled", p.Name))
	}
	if !h.Enabled {
		e.because(HostDisabled, p.Name, fmt.Sprintf("host %q of project %q is disabled", h.Name, p.Name))
	}
	e.exporters(p, exporters, port)
	targets, _ := snapshot.Render(rows)
	for _, x := range exporters {
		if port != 0 && x.Port != port {
			continue
		}
		address := net.JoinHostPort(h.Name, strconv.Itoa(x.Port))
		if g := find(targets, "exporter/"+strconv.FormatInt(x.ID, 10), address); g != nil {
			if err := e.origin(ctx, p, rows, h, x, g, address); err != nil {
				return err
			}
		}
	}
	return nil
}

// exporters says what is wrong with the exporters of a project.
func (e *explainer) exporters(p store.Project, all []store.Exporter, port int) {
	if len(all) == 0 {
		e.because(NoExporter, p.Name, fmt.Sprintf("project %q has no exporter", p.Name))
		return
	}
	var others []string
	on := 0
	for _, x := range all {
		switch {
		case port != 0 && x.Port != port:
			others = append(others, fmt.Sprintf("%s on port %d", x.Job, x.Port))
		case !x.Enabled:
			on++
			e.because(ExporterDisabled, p.Name, fmt.Sprintf("exporter %q on port %d of project %q is disabled", x.Job, x.Port, p.Name))
		default:
			on++
		}
	}
	if on == 0 {
		e.because(OtherPort, p.Name, fmt.Sprintf("project %q has no exporter on port %d; it has %s", p.Name, port, strings.Join(others, ", ")))
	}
}

// origin adds a target of a host.
func (e *explainer) origin(ctx context.Context, p store.Project, rows *store.ProjectRows, h store.Host, x store.Exporter, g *snapshot.Group, address string) error {
	o := Origin{Target: address, Farm: rows.Farm, Host: &h, Exporter: &x, Labels: g.Labels}
	if err := e.place(ctx, &o, p); err != nil {
		return err
	}
	objects := []store.Object{
		{Noun: "shard", ID: p.ShardID},
		{Noun: "service", ID: p.ServiceID},
		{Noun: "project", ID: p.ID},
		{Noun: "farm", ID: h.FarmID},
		{Noun: "host", ID: h.ID},
		{Noun: "exporter", ID: x.ID},
	}
	before := func(rows *store.ProjectRows) *snapshot.Group {
		targets, _ := snapshot.Render(rows)
		return find(targets, "exporter/"+strconv.FormatInt(x.ID, 10), address)
	}
	if err := e.since(ctx, &o, p, objects, before); err != nil {
		return err
	}
	e.Origins = append(e.Origins, o)
	return nil
}

// since finds out which revisions put the target where it is, and gave it its labels.
func (e *explainer) since(ctx context.Context, o *Origin, p store.Project, objects []store.Object, group func(*store.ProjectRows) *snapshot.Group) error {
	return e.source.Trace(ctx, p.ID, objects, func(revision int64, rows *store.ProjectRows) bool {
		var g *snapshot.Group
		if rows != nil && rows.ShardID == p.ShardID {
			g = group(rows)
		}
		if o.LabelsSince == 0 && (g == nil || !maps.Equal(g.Labels, o.Labels)) {
			o.LabelsSince = revision
		}
		if g == nil {
			o.Since = revision
		}
		return g != nil
	})
}
