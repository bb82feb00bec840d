package httpsd

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// takeField decodes the value of a field into place, a pointer. A value of another type is refused with the name of the
// field and the value.
func takeField(m member, place any) error {
	var ok bool
	var wanted string
	switch place := place.(type) {
	case *string:
		wanted = "a string"
		*place, ok = asString(m.raw)
	case *bool:
		wanted = "true or false"
		ok = json.Unmarshal(m.raw, place) == nil && !m.null()
	case *int:
		wanted = "a whole number"
		var n int64
		n, ok = asInteger(m.raw)
		*place = int(n)
	case *int64:
		wanted = "a whole number"
		*place, ok = asInteger(m.raw)
	case *model.Duration:
		wanted = "a duration in a string, such as \"30s\" or \"1m30s\""
		var text string
		if text, ok = asString(m.raw); ok {
			var err error
			*place, err = model.ParseDuration(text)
			ok = err == nil
		}
	case *store.Labels:
		return takeLabels(m, place)
	default:
		panic(fmt.Sprintf("httpsd: field %q has the unknown type %T", m.name, place))
	}
	if !ok {
		return invalidBody(m.name, string(m.raw), "is not "+wanted)
	}
	return nil
}

// takeLabels replaces the labels in place by those of an object.
func takeLabels(m member, place *store.Labels) error {
	given, err := labelMembers(m)
	if err != nil {
		return err
	}
	labels := store.Labels{}
	for _, label := range given {
		value, ok := asString(label.raw)
		if !ok {
			return invalidBody(fieldPath(m.name, label.name), string(label.raw), "is not a string")
		}
		labels[label.name] = value
	}
	*place = labels
	return nil
}

// labelMembers takes the object apart that labels are given as.
func labelMembers(m member) ([]member, error) {
	if m.raw[0] != '{' {
		return nil, invalidBody(m.name, string(m.raw), `is not an object of strings, such as {"team":"web"}`)
	}
	return members(m.name, m.raw)
}

// asString decodes a JSON string. One with half of a surrogate pair is refused: encoding/json would put another
// character there.
func asString(raw json.RawMessage) (string, bool) {
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	if strings.ContainsRune(s, utf8.RuneError) && !saysReplacement(string(raw)) {
		return "", false
	}
	return s, true
}

// saysReplacement says whether a JSON string has the replacement character because that was sent.
func saysReplacement(raw string) bool {
	return strings.ContainsRune(raw, utf8.RuneError) || strings.Contains(strings.ToLower(raw), `\ufffd`)
}

// asInteger decodes a JSON number that is whole, 1.0 and 1e3 among them, as JSON Schema has it.
func asInteger(raw json.RawMessage) (int64, bool) {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// unknownField refuses a field that is not one of known.
func unknownField(name string, known []string) error {
	return invalidBody(name, "", "is not known here; known are "+strings.Join(known, ", "))
}

// creation decodes the body of a creation. Fields that are not there have the noun's defaults; null is no value of any.
func (n *resource[T, F, U]) creation(body []byte, inProject bool) (T, error) {
	one := n.fresh
	given, err := parseObject(body)
	if err != nil {
		return one, err
	}
	settable := n.settable(inProject)
	fields := map[string]reflect.Value{}
	for field := range jsonFields(reflect.ValueOf(&one).Elem()) {
		fields[field.name] = field.value
	}
	set := map[string]bool{}
	for _, m := range given {
		_, there := fields[m.name]
		switch {
		case there && !slices.Contains(settable, m.name):
			return one, invalidBody(m.name, string(m.raw), "cannot be set here; known are "+strings.Join(settable, ", "))
		case !there:
			return one, unknownField(m.name, settable)
		}
		if err := takeField(m, fields[m.name].Addr().Interface()); err != nil {
			return one, err
		}
		set[m.name] = true
	}
	return one, n.contradiction(set)
}

// settable are the fields that a creation may have.
func (n *resource[T, F, U]) settable(inProject bool) []string {
	hidden := append([]string{"id", "version", "managed_by"}, n.derived...)
	if inProject {
		hidden = append(hidden, "project", "project_id", "farm_id")
	}
	var list []string
	for field := range jsonFields(reflect.ValueOf(&n.fresh).Elem()) {
		if !slices.Contains(hidden, field.name) {
			list = append(list, field.name)
		}
	}
	return list
}

// contradiction refuses two fields that name the same thing.
func (n *resource[T, F, U]) contradiction(set map[string]bool) error {
	for _, pair := range n.references() {
		if set[pair[0]] && set[pair[1]] {
			return invalidBody(pair[1], "", fmt.Sprintf("is given beside %s; name it once", pair[0]))
		}
	}
	return nil
}

// references are the pairs of fields, a name and an id, of which a creation has one.
func (n *resource[T, F, U]) references() [][2]string {
	settable := n.settable(false)
	var pairs [][2]string
	for _, id := range settable {
		name, isID := strings.CutSuffix(id, "_id")
		if !isID {
			continue
		}
		if !slices.Contains(settable, name) {
			name = "project" // a host names its farm, or the project that has one
		}
		pairs = append(pairs, [2]string{name, id})
	}
	return pairs
}

// changes decodes the body of a change, a JSON merge patch (RFC 7396), for one as it is now. merged says whether the result
// is good for exactly that version, since labels were merged into those it has.
func (n *resource[T, F, U]) changes(body []byte, now T) (u U, merged bool, err error) {
	given, err := parseObject(body)
	if err != nil {
		return u, false, err
	}
	var known []string
	places := map[string]reflect.Value{}
	for field := range jsonFields(reflect.ValueOf(&u).Elem()) {
		known = append(known, field.name)
		places[field.name] = field.value
	}
	for _, m := range given {
		place, there := places[m.name]
		if !there {
			return u, false, unknownField(m.name, known)
		}
		value := reflect.New(place.Type().Elem())
		if err := n.changeField(m, value, now); err != nil {
			return u, false, err
		}
		place.Set(value)
		merged = merged || m.name == "labels"
	}
	return u, merged, nil
}

// changeField decodes the new value of a field into what value points to. Null is what a creation without the field
// would have made.
func (n *resource[T, F, U]) changeField(m member, value reflect.Value, now T) error {
	if m.null() {
		value.Elem().Set(fieldNamed(&n.fresh, m.name))
		return nil
	}
	if labels, ok := value.Interface().(*store.Labels); ok {
		before, _ := fieldNamed(&now, m.name).Interface().(store.Labels)
		return mergeLabels(m, before, labels)
	}
	return takeField(m, value.Interface())
}

// mergeLabels puts the labels of an object over those before; null takes one away.
func mergeLabels(m member, before store.Labels, place *store.Labels) error {
	given, err := labelMembers(m)
	if err != nil {
		return err
	}
	labels := store.Labels{}
	for name, value := range before {
		labels[name] = value
	}
	for _, label := range given {
		if label.null() {
			delete(labels, label.name)
			continue
		}
		value, ok := asString(label.raw)
		if !ok {
			return invalidBody(fieldPath(m.name, label.name), string(label.raw), "is neither a string nor null")
		}
		labels[label.name] = value
	}
	*place = labels
	return nil
}

// fieldNamed returns the field of a struct that is called so in JSON.
func fieldNamed(of any, name string) reflect.Value {
	for field := range jsonFields(reflect.ValueOf(of).Elem()) {
		if field.name == name {
			return field.value
		}
	}
	panic(fmt.Sprintf("httpsd: %T has no field %q", of, name))
}
