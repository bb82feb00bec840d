package store

import "cmp"

// CheckImportGroup returns the error of a group that no inventory would take in, whatever it holds already: what is
// left to refuse then is what contradicts other groups, or what is there.
func CheckImportGroup(raw ImportGroup) error {
	g, err := readGroup(1, raw, ImportOptions{})
	if err != nil {
		return err
	}
	extra := unfoldScrapeTimes(g.extra)
	project := Project{Name: g.project}
	if g.module != "" {
		project.Labels = extra
	}
	for _, noun := range []interface{ validate() error }{
		&Service{Name: g.service}, &project, &Shard{Name: cmp.Or(g.shard, DefaultShard)},
	} {
		if err := noun.validate(); err != nil {
			return err
		}
	}
	if g.module != "" {
		return g.checkEachURL()
	}
	if err := (&Farm{Name: cmp.Or(g.farm, g.project), Source: g.source}).validate(); err != nil {
		return err
	}
	return g.checkEachTarget(extra)
}

func (g *importGroup) checkEachURL() error {
	if err := (&Probe{Module: g.module}).validate(); err != nil {
		return err
	}
	for _, target := range g.targets {
		if err := (&URL{URL: target}).validate(); err != nil {
			return err
		}
	}
	return nil
}

func (g *importGroup) checkEachTarget(labels Labels) error {
	for _, target := range g.targets {
		host, port, err := splitTarget(target)
		if err != nil {
			return err
		}
		for _, noun := range []interface{ validate() error }{
			&Host{Name: host}, &Exporter{Job: g.job, Port: port, Path: g.path, Scheme: g.scheme, Labels: labels},
		} {
			if err := noun.validate(); err != nil {
				return err
			}
		}
	}
	return nil
}
