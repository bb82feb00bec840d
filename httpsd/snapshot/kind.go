package snapshot

// Kind says what a list is of.
type Kind int

// The kinds of list.
const (
	// Targets are the hosts and exporters of projects.
	Targets Kind = iota
	// URLs are the addresses that probes check.
	URLs

	kinds = 2
)

// String is the kind as it is named in paths: "targets" or "urls".
func (k Kind) String() string {
	if k == URLs {
		return "urls"
	}
	return "targets"
}
