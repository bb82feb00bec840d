package store

import "iter"

// ImportGroup is one group of a list as Promgen and promshard export them: targets with the labels that say where
// they belong (__shard, service, project, farm, __farm_source, job, __scheme__, __metrics_path__, __param_NAME,
// __scrape_interval__, __scrape_timeout__). Other labels are kept: as the exporter's own where all its hosts share
// them, as those of hosts where they set hosts apart. A group without "farm" that has __param_module, and targets that
// are http or https URLs, is one of URLs; its other labels are those of the project.
type ImportGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// ImportGroups yields the groups of a list one by one, so that a large file is never held whole. After an error it
// yields nothing more.
type ImportGroups = iter.Seq2[ImportGroup, error]

// ImportOptions say how a list is taken in. The zero value is ready to use.
type ImportOptions struct {
	// Shard, when not empty, is where every group goes, whatever its __shard label says.
	Shard string
	// Progress, when not nil, is called now and then, from the importing goroutine, with the number of targets
	// read so far.
	Progress func(targets int64)
}

// ImportCounts count nouns by kind.
type ImportCounts struct {
	Shards    int64 `json:"shards"`
	Services  int64 `json:"services"`
	Projects  int64 `json:"projects"`
	Farms     int64 `json:"farms"`
	Hosts     int64 `json:"hosts"`
	Exporters int64 `json:"exporters"`
	Probes    int64 `json:"probes"`
	URLs      int64 `json:"urls"`
}

// ImportResult says what an import created and what was there already.
type ImportResult struct {
	Imported ImportCounts `json:"imported"`
	Existing ImportCounts `json:"existing"`
	// Revision is 0 when nothing was imported, and in a dry run.
	Revision int64 `json:"revision"`
}
