package promfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/common/model"
)

// Rule finds a name for a target: the value of the first of some labels that the target has, or a fixed one.
type Rule struct {
	labels []string
	// value is for targets that have none of the labels; empty is none.
	value string
}

// ParseRule reads "LABEL,LABEL,=VALUE", of which labels or the value may be left out.
func ParseRule(text string) (Rule, error) {
	var r Rule
	for rest := text; rest != ""; {
		if value, ok := strings.CutPrefix(rest, "="); ok {
			if value == "" {
				return Rule{}, errors.New("there is no value behind =")
			}
			r.value = value
			return r, nil
		}
		var name string
		name, rest, _ = strings.Cut(rest, ",")
		if !model.LegacyValidation.IsValidLabelName(name) {
			return Rule{}, fmt.Errorf("%q is no label name; a rule is LABEL, =VALUE, or several of the one with one of the other at the end: LABEL,LABEL,=VALUE", name)
		}
		r.labels = append(r.labels, name)
	}
	if len(r.labels) == 0 {
		return Rule{}, errors.New("is empty; a rule is LABEL, =VALUE, or LABEL,LABEL,=VALUE")
	}
	return r, nil
}

// String is the rule as ParseRule reads it.
func (r Rule) String() string {
	parts := append([]string(nil), r.labels...)
	if r.value != "" {
		parts = append(parts, "="+r.value)
	}
	return strings.Join(parts, ",")
}

// of returns the name for a target with these labels, empty when there is none.
func (r Rule) of(labels map[string]string) string {
	for _, name := range r.labels {
		if v := labels[name]; v != "" {
			return v
		}
	}
	return r.value
}
