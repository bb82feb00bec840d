package httpsd

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parameters reads the query of a call to the inventory API. The first thing that is wrong with it is what done returns:
// values are good for nothing before that has returned nil.
type parameters struct {
	values url.Values
	// known are the names that were asked for.
	known []string
	err   error
}

func parseParameters(raw string) (*parameters, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, invalid("", "", "the query cannot be parsed: "+shorten(err.Error()))
	}
	return &parameters{values: values}, nil
}

// refuse notes an error unless there is one already.
func (p *parameters) refuse(name, value, reason string) {
	if p.err == nil {
		p.err = invalid(name, value, reason)
	}
}

// take returns the one value of a parameter, and whether it was given.
func (p *parameters) take(name string) (string, bool) {
	p.known = append(p.known, name)
	values := p.values[name]
	switch {
	case len(values) == 0:
		return "", false
	case len(values) > 1:
		p.refuse(name, values[1], "is given twice; give it once")
	case !utf8.ValidString(values[0]):
		p.refuse(name, values[0], "is not valid UTF-8")
	}
	return values[0], true
}

// text returns a parameter that may not be empty when it is given, and empty when it is not.
func (p *parameters) text(name string) string {
	value, given := p.take(name)
	if given && value == "" {
		p.refuse(name, "", "must not be empty; leave the parameter out to have everything")
	}
	return value
}

// flag returns a parameter that is true or false; nil when it is not given.
func (p *parameters) flag(name string) *bool {
	value, given := p.take(name)
	if !given {
		return nil
	}
	yes := value == "true"
	if !yes && value != "false" {
		p.refuse(name, value, "is neither true nor false")
	}
	return &yes
}

// yes says whether a parameter that is true or false is given, and true.
func (p *parameters) yes(name string) bool {
	value := p.flag(name)
	return value != nil && *value
}

// number returns a parameter between least and most, and instead when it is not given.
func (p *parameters) number(name string, least, most, instead int) int {
	value, given := p.take(name)
	if !given {
		return instead
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most || strconv.Itoa(n) != value {
		p.refuse(name, value, fmt.Sprintf("is not a number from %d to %d", least, most))
	}
	return n
}

// done returns the first thing that is wrong, for which every parameter that was never asked for counts.
func (p *parameters) done() error {
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !slices.Contains(p.known, name) {
			accepted := "none is accepted"
			if len(p.known) > 0 {
				accepted = "accepted are " + strings.Join(p.known, ", ")
			}
			p.refuse("", name, "not known here; "+accepted)
		}
	}
	return p.err
}
