package store

import "context"

// touch marks the lists that rows of a noun can alter, as the inventory is at this moment. An entry's own marks are not
// enough: since then a shard may have got projects that its old name concerns as well.
func (u *undoing) touch(ctx context.Context, noun string, rows []pastRow) error {
	columns := nouns[noun].ownColumns()
	switch noun {
	case "shard":
		u.tx.touchShards()
		return u.tx.touchProjectsOf(ctx, whereIn("project.shard_id", idsOf(rows)))
	case "server":
		u.tx.touchShards()
	case "service":
		u.tx.touchServices(idsOf(rows)...)
		return u.tx.touchProjectsOf(ctx, whereIn("project.service_id", idsOf(rows)))
	case "project":
		u.tx.touchProjects(idsOf(rows)...)
	case "farm", "exporter", "url":
		u.tx.touchProjects(distinctIDs(rows, columns, "project_id")...)
	case "host":
		return u.touchFarms(ctx, distinctIDs(rows, columns, "farm_id"))
	case "probe":
		return u.touchProbes(ctx, idsOf(rows))
	}
	return nil
}

// touchFarms marks the projects of farms.
func (u *undoing) touchFarms(ctx context.Context, farms []int64) error {
	w := whereIn("id", farms)
	return u.tx.touchProjectsOf(ctx, where{
		conditions: []string{"project.id IN (SELECT project_id FROM farm" + w.sql() + ")"}, args: w.args,
	})
}

// touchProbes marks the projects that have URLs of probes.
func (u *undoing) touchProbes(ctx context.Context, probes []int64) error {
	w := whereIn("probe_id", probes)
	return u.tx.touchProjectsOf(ctx, where{
		conditions: []string{"project.id IN (SELECT project_id FROM url" + w.sql() + ")"}, args: w.args,
	})
}
