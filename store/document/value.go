package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// kind is what a value is.
type kind int

const (
	nullKind kind = iota
	textKind
	numberKind
	boolKind
	listKind
	objectKind
)

// depthMost bounds how deep values are nested. A document has no use for more than seven levels.
const depthMost = 32

// value is one value of a document, of either syntax.
type value struct {
	kind kind
	at   store.Position
	// raw is how a scalar was written: a text without its quotes.
	raw      string
	elements []value
	members  []member
}

// member is one field of an object.
type member struct {
	name  string
	value value
}

// under is the position of a field of what stands at a position.
func under(at store.Position, name string) store.Position {
	if at.Path != "" {
		name = at.Path + "." + name
	}
	return store.Position{Source: at.Source, Path: name}
}

// element is the position of an element of what stands at a position.
func element(at store.Position, i int) store.Position {
	return store.Position{Source: at.Source, Path: at.Path + "[" + strconv.Itoa(i) + "]"}
}

// refuse is an error about the value.
func (v value) refuse(reason string) error {
	return v.at.Refuse("", v.raw, reason)
}

// each calls fn for the elements of a list.
func (v value) each(fn func(value) error) error {
	if v.kind != listKind {
		return v.refuse("is not a list")
	}
	for _, element := range v.elements {
		if err := fn(element); err != nil {
			return err
		}
	}
	return nil
}

func (v value) text() (string, error) {
	if v.kind != textKind {
		reason := "is not a string"
		if v.kind == numberKind || v.kind == boolKind {
			reason += "; put it in quotes"
		}
		return "", v.refuse(reason)
	}
	return v.raw, nil
}

// into puts the value where place points to.
func (v value) into(place any) (err error) {
	switch place := place.(type) {
	case *string:
		*place, err = v.text()
	case *bool:
		if v.kind != boolKind {
			return v.refuse("is neither true nor false")
		}
		*place = v.raw == "true"
	case *int:
		var n int64
		n, err = v.integer()
		*place = int(n)
	case *int64:
		*place, err = v.integer()
	case *model.Duration:
		*place, err = v.duration()
	case *store.Labels:
		*place, err = v.labels()
	default:
		panic(fmt.Sprintf("document: %s has the unknown type %T", v.at.Path, place))
	}
	return err
}

func (v value) integer() (int64, error) {
	if v.kind == numberKind {
		if n, err := strconv.ParseInt(v.raw, 10, 64); err == nil {
			return n, nil
		}
		f, err := strconv.ParseFloat(v.raw, 64)
		if err == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
			return int64(f), nil
		}
	}
	return 0, v.refuse("is not a whole number")
}

func (v value) duration() (model.Duration, error) {
	const reason = `is not a duration in a string, such as "30s" or "1m30s"`
	if v.kind != textKind {
		return 0, v.refuse(reason)
	}
	d, err := model.ParseDuration(v.raw)
	if err != nil {
		return 0, v.refuse(reason)
	}
	return d, nil
}

func (v value) labels() (store.Labels, error) {
	if v.kind != objectKind {
		return nil, v.refuse(`is not an object of strings, such as {"team": "web"}`)
	}
	labels := store.Labels{}
	for _, m := range v.members {
		text, err := m.value.text()
		if err != nil {
			return nil, err
		}
		labels[m.name] = text
	}
	return labels, nil
}

// duplicate is an error about a name that an object has twice.
func duplicate(at store.Position) error { return at.Refuse("", "", "is given twice; give it once") }

// tooDeep is an error about a value that is nested too deep; nil when it is not.
func tooDeep(at store.Position, depth int) error {
	if depth <= depthMost {
		return nil
	}
	where := store.Position{Source: at.Source, Path: strings.Split(at.Path, ".")[0]}
	return where.Refuse("", "", fmt.Sprintf("is nested more than %d levels deep", depthMost))
}
