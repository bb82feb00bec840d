// Package compare says in what two lists of targets differ, as sets of targets with labels. It holds each address and
// each label set once, so that lists of a million targets fit.
package compare

import (
	"iter"
	"slices"
)

// Group is targets that share labels.
type Group struct {
	Targets []string
	// Labels with an empty value count as absent, as they do for Prometheus.
	Labels map[string]string
	// Added names those of Labels that whoever tells of the target may have added by itself: such a label is no
	// difference when the other side lacks it. Nil is none.
	Added map[string]bool
}

// Groups yields the groups of a list one by one. After an error it yields nothing more.
type Groups = iter.Seq2[Group, error]

// Options say how lists are compared. The zero value is ready to use.
type Options struct {
	// IgnoreLabels are names of labels that do not count.
	IgnoreLabels []string
	// Limit is how many differences of each kind the result shows; 0 or less shows all.
	Limit int
}

// Kind says what a difference is.
type Kind string

// The kinds of differences, in the order in which a result shows them.
const (
	// OnlyHere marks a target whose address only the first list has, or has more often.
	OnlyHere Kind = "only_here"
	// OnlyThere marks one that only the second list has.
	OnlyThere Kind = "only_there"
	// LabelsDiffer marks an address that both lists have, with other labels.
	LabelsDiffer Kind = "labels_differ"
)

// Difference is one difference between the lists.
type Difference struct {
	Kind   Kind   `json:"kind"`
	Target string `json:"target"`
	// Here and There are the target's labels in the first and the second list, nil where it is missing.
	Here  map[string]string `json:"here,omitempty"`
	There map[string]string `json:"there,omitempty"`
}

// Side counts what is in one list.
type Side struct {
	// Targets count once each, however often they are listed.
	Targets int `json:"targets"`
	// Repeated counts targets that the list has once more, with the same labels.
	Repeated int `json:"repeated"`
}

// Result is what a comparison has found.
type Result struct {
	Here  Side `json:"here"`
	There Side `json:"there"`
	// The counts are of targets that both lists have, and of differences by kind.
	Equal        int `json:"equal"`
	OnlyHere     int `json:"only_here"`
	OnlyThere    int `json:"only_there"`
	LabelsDiffer int `json:"labels_differ"`
	// Differences are in order by kind and target, as many of each kind as was asked for; never nil.
	Differences []Difference `json:"differences"`
}

// Same reports whether no difference was found.
func (r *Result) Same() bool { return r.OnlyHere+r.OnlyThere+r.LabelsDiffer == 0 }

// Compare reads both lists, the first one first. An error of a list ends the comparison.
func Compare(here, there Groups, o Options) (Result, error) {
	c := &comparison{sets: newLabelSets(o.IgnoreLabels), tolerated: map[[2]uint32]bool{}}
	var result Result
	a, err := c.collect(here, &result.Here)
	if err != nil {
		return Result{}, err
	}
	b, err := c.collect(there, &result.There)
	if err != nil {
		return Result{}, err
	}
	c.walk(a, b, &result)
	result.Differences = c.show(o.Limit)
	return result, nil
}

// target is one element of a list: the number of its address and that of its label set.
type target uint64

func newTarget(address, set uint32) target { return target(address)<<32 | target(set) }

func (t target) address() uint32 { return uint32(t >> 32) }
func (t target) set() uint32     { return uint32(t) }

// comparison is one run of Compare.
type comparison struct {
	addresses addresses
	sets      *labelSets
	// tolerated remembers which pairs of label sets are equal but for labels that were added.
	tolerated map[[2]uint32]bool
	found     []difference
}

// collect returns a list's targets in order, each once.
func (c *comparison) collect(groups Groups, side *Side) ([]target, error) {
	var targets []target
	for g, err := range groups {
		if err != nil {
			return nil, err
		}
		set := c.sets.number(g)
		for _, address := range g.Targets {
			targets = append(targets, newTarget(c.addresses.number(address), set))
		}
	}
	listed := len(targets)
	slices.Sort(targets)
	targets = slices.Compact(targets)
	side.Targets, side.Repeated = len(targets), listed-len(targets)
	return targets, nil
}

// walk goes over both lists address by address.
func (c *comparison) walk(here, there []target, r *Result) {
	for len(here) > 0 || len(there) > 0 {
		var address uint32
		switch {
		case len(here) == 0:
			address = there[0].address()
		case len(there) == 0:
			address = here[0].address()
		default:
			address = min(here[0].address(), there[0].address())
		}
		a, b := runOf(here, address), runOf(there, address)
		here, there = here[len(a):], there[len(b):]
		if slices.Equal(a, b) {
			r.Equal += len(a)
			continue
		}
		r.Equal += c.match(address, a, b)
	}
	for _, d := range c.found {
		switch d.kind() {
		case OnlyHere:
			r.OnlyHere++
		case OnlyThere:
			r.OnlyThere++
		case LabelsDiffer:
			r.LabelsDiffer++
		}
	}
}

// runOf returns the targets of the address that the list begins with.
func runOf(list []target, address uint32) []target {
	n := 0
	for n < len(list) && list[n].address() == address {
		n++
	}
	return list[:n]
}
