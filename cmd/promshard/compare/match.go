package compare

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// none is the number of no label set.
const none = ^uint32(0)

// difference is a Difference in numbers. One of the sets may be none.
type difference struct {
	address, here, there uint32
}

func (d difference) kind() Kind {
	switch {
	case d.there == none:
		return OnlyHere
	case d.here == none:
		return OnlyThere
	}
	return LabelsDiffer
}

// match pairs the targets of one address, notes the differences, and returns how many are equal.
func (c *comparison) match(address uint32, here, there []target) int {
	a, b, equal := withoutCommon(here, there)
	if len(a) > 0 && len(b) > 0 {
		var more int
		a, b, more = c.withoutTolerated(a, b)
		equal += more
	}
	slices.SortFunc(a, c.bySet)
	slices.SortFunc(b, c.bySet)
	for len(a) > 0 && len(b) > 0 {
		a, b = c.pairNearest(address, a, b)
	}
	for _, set := range a {
		c.found = append(c.found, difference{address, set, none})
	}
	for _, set := range b {
		c.found = append(c.found, difference{address, none, set})
	}
	return equal
}

// withoutCommon returns the label sets that one side alone has, and how many both have. Both sides are in order.
func withoutCommon(here, there []target) (a, b []uint32, equal int) {
	for len(here) > 0 && len(there) > 0 {
		switch {
		case here[0] < there[0]:
			a, here = append(a, here[0].set()), here[1:]
		case here[0] > there[0]:
			b, there = append(b, there[0].set()), there[1:]
		default:
			here, there, equal = here[1:], there[1:], equal+1
		}
	}
	for _, t := range here {
		a = append(a, t.set())
	}
	for _, t := range there {
		b = append(b, t.set())
	}
	return a, b, equal
}

// withoutTolerated takes away the pairs of label sets that are equal but for added labels. Only sets that agree in all
// labels that nobody has added can be; those are few, however many targets an address has.
func (c *comparison) withoutTolerated(a, b []uint32) (restA, restB []uint32, equal int) {
	names := map[string]bool{}
	for _, set := range slices.Concat(a, b) {
		for _, l := range c.sets.of(set) {
			if l.added {
				names[l.name] = true
			}
		}
	}
	if len(names) == 0 {
		return a, b, 0
	}
	candidates := map[string][]uint32{}
	for _, set := range b {
		key := c.sets.keyWithout(set, names)
		candidates[key] = append(candidates[key], set)
	}
	for _, set := range a {
		key := c.sets.keyWithout(set, names)
		i := slices.IndexFunc(candidates[key], func(other uint32) bool { return c.tolerates(set, other) })
		if i < 0 {
			restA = append(restA, set)
			continue
		}
		candidates[key] = slices.Delete(candidates[key], i, i+1)
		equal++
	}
	for _, sets := range candidates {
		restB = append(restB, sets...)
	}
	slices.Sort(restB)
	return restA, restB, equal
}

// keyWithout is the encoding of a set without some labels.
func (s *labelSets) keyWithout(n uint32, names map[string]bool) string {
	var key []byte
	for _, l := range s.of(n) {
		if !names[l.name] {
			key = appendLabel(key, label{name: l.name, value: l.value})
		}
	}
	return string(key)
}

// tolerates reports whether two sets are equal but for added labels.
func (c *comparison) tolerates(a, b uint32) bool {
	pair := [2]uint32{a, b}
	same, known := c.tolerated[pair]
	if !known {
		same = distance(c.sets.of(a), c.sets.of(b)) == 0
		c.tolerated[pair] = same
	}
	return same
}

// pairNearest notes the two sets that differ least, and returns the others. When there are very many it takes the
// first ones.
func (c *comparison) pairNearest(address uint32, a, b []uint32) (restA, restB []uint32) {
	const most = 1024
	var nearA, nearB, near int
	if n := len(a) * len(b); n > 1 && n <= most {
		near = -1
		for i, x := range a {
			for j, y := range b {
				if d := distance(c.sets.of(x), c.sets.of(y)); near < 0 || d < near {
					nearA, nearB, near = i, j, d
				}
			}
		}
	}
	c.found = append(c.found, difference{address, a[nearA], b[nearB]})
	return slices.Delete(a, nearA, nearA+1), slices.Delete(b, nearB, nearB+1)
}

// show returns the first differences of each kind.
func (c *comparison) show(limit int) []Difference {
	slices.SortFunc(c.found, c.order)
	shown := []Difference{}
	counts := map[Kind]int{}
	for _, d := range c.found {
		kind := d.kind()
		if counts[kind]++; limit > 0 && counts[kind] > limit {
			continue
		}
		out := Difference{Kind: kind, Target: string(c.addresses.bytes(d.address))}
		out.Here, out.There = c.shownLabels(d.here, d.there), c.shownLabels(d.there, d.here)
		shown = append(shown, out)
	}
	return shown
}

// shownLabels returns a set as a result shows it: without added labels that the other side lacks.
func (c *comparison) shownLabels(set, other uint32) map[string]string {
	if set == none {
		return nil
	}
	others := map[string]bool{}
	if other != none {
		for _, l := range c.sets.of(other) {
			others[l.name] = true
		}
	}
	shown := map[string]string{}
	for _, l := range c.sets.of(set) {
		if !l.added || others[l.name] || !strings.HasPrefix(l.name, "__") {
			shown[l.name] = l.value
		}
	}
	return shown
}

// order is that of a result, which does not depend on the order of the lists.
func (c *comparison) order(a, b difference) int {
	if n := cmp.Compare(a.rank(), b.rank()); n != 0 {
		return n
	}
	if n := bytes.Compare(c.addresses.bytes(a.address), c.addresses.bytes(b.address)); n != 0 {
		return n
	}
	return cmp.Or(c.bySet(a.here, b.here), c.bySet(a.there, b.there))
}

// rank is the place of a difference's kind among the kinds.
func (d difference) rank() int {
	switch {
	case d.there == none:
		return 0
	case d.here == none:
		return 1
	}
	return 2
}

// bySet puts label sets, of which either may be none, into an order that does not depend on their numbers.
func (c *comparison) bySet(a, b uint32) int {
	if a == b {
		return 0
	}
	return strings.Compare(c.encoding(a), c.encoding(b))
}

func (c *comparison) encoding(set uint32) string {
	if set == none {
		return ""
	}
	return c.sets.encoded[set]
}
