package store

import "context"

// touchRows marks the lists that rows of a noun can alter, as the inventory is at this moment. An entry's own marks are not
// enough: since then a shard may have got projects that its old name concerns as well.
func (w *writeTx) touchRows(ctx context.Context, noun string, rows []pastRow) error {
	columns := nouns[noun].ownColumns()
	switch noun {
	case "shard":
		w.touchShards()
		return w.touchProjectsOf(ctx, whereIn("project.shard_id", idsOf(rows)))
	case "server":
		w.touchShards()
	case "service":
		w.touchServices(idsOf(rows)...)
		return w.touchProjectsOf(ctx, whereIn("project.service_id", idsOf(rows)))
	case "project":
		w.touchProjects(idsOf(rows)...)
	case "farm", "exporter", "url":
		w.touchProjects(distinctIDs(rows, columns, "project_id")...)
	case "host":
		return w.touchFarms(ctx, distinctIDs(rows, columns, "farm_id"))
	case "probe":
		return w.touchProbes(ctx, idsOf(rows))
	}
	return nil
}

// touchFarms marks the projects of farms.
func (w *writeTx) touchFarms(ctx context.Context, farms []int64) error {
	of := whereIn("id", farms)
	return w.touchProjectsOf(ctx, where{
		conditions: []string{"project.id IN (SELECT project_id FROM farm" + of.sql() + ")"}, args: of.args,
	})
}

// touchProbes marks the projects that have URLs of probes.
func (w *writeTx) touchProbes(ctx context.Context, probes []int64) error {
	of := whereIn("probe_id", probes)
	return w.touchProjectsOf(ctx, where{
		conditions: []string{"project.id IN (SELECT project_id FROM url" + of.sql() + ")"}, args: of.args,
	})
}
