package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// refusesFile ends the message of a problem that costs the whole list.
const refusesFile = "; Prometheus refuses the whole file"

var byteOrderMark = []byte("\xef\xbb\xbf")

// JSON checks a JSON list of target groups: what it finds no Error in, Prometheus accepts.
func JSON(content []byte, o Options) Result {
	r := &jsonReader{content: content, dec: json.NewDecoder(bytes.NewReader(content)), lines: newLines(content)}
	if !r.syntax() {
		return r.result(nil, o)
	}
	r.encoding()
	r.list()
	return r.result(r.groups, o)
}

// jsonReader walks over content that is known to be one JSON value, token by token, so that each has a place.
type jsonReader struct {
	report

	content []byte
	dec     *json.Decoder
	lines   *lines
	groups  []group
}

// syntax reports what is not JSON at all, and whether the content is.
func (r *jsonReader) syntax() bool {
	switch {
	case len(bytes.TrimSpace(r.content)) == 0:
		r.errorf(position{1, 1}, "the file is empty%s; an empty list is []", refusesFile)
		return false
	case bytes.HasPrefix(r.content, byteOrderMark):
		r.errorf(position{1, 1}, "the file begins with a byte order mark%s", refusesFile)
		return false
	}
	var raw json.RawMessage
	err := json.Unmarshal(r.content, &raw)
	if err == nil {
		return true
	}
	offset := len(r.content)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = int(syntax.Offset) - 1
	}
	r.errorf(r.lines.at(offset), "not JSON: %s%s", err, refusesFile)
	return false
}

// encoding warns of bytes that Prometheus replaces without a word.
func (r *jsonReader) encoding() {
	if utf8.Valid(r.content) {
		return
	}
	for i := 0; i < len(r.content); {
		c, size := utf8.DecodeRune(r.content[i:])
		if c == utf8.RuneError && size == 1 {
			r.warnf(r.lines.at(i), "not valid UTF-8; Prometheus puts U+FFFD in its place")
			return
		}
		i += size
	}
}

// next returns the next token and its place; the token is nil for null. The content is known to be JSON, so that
// there is always a next one where the grammar has one.
func (r *jsonReader) next() (json.Token, position) {
	i := int(r.dec.InputOffset())
	for i < len(r.content) && strings.IndexByte(" \t\r\n,:", r.content[i]) >= 0 {
		i++
	}
	token, err := r.dec.Token()
	if err != nil && !errors.Is(err, io.EOF) {
		r.errorf(r.lines.at(i), "not JSON: %s%s", err, refusesFile)
	}
	return token, r.lines.at(i)
}

// skip reads on to the end of the value that token began.
func (r *jsonReader) skip(token json.Token) {
	if token != json.Delim('[') && token != json.Delim('{') {
		return
	}
	for r.dec.More() {
		next, _ := r.next()
		r.skip(next)
	}
	r.next()
}

// list reads the whole file.
func (r *jsonReader) list() {
	token, at := r.next()
	switch token {
	case nil:
		r.warnf(at, "null is an empty list to Prometheus, which drops every target; write []")
		return
	case json.Delim('['):
	default:
		r.errorf(at, "a list of target groups is an array%s", refusesFile)
		return
	}
	for r.dec.More() {
		r.object()
	}
}

// object reads one element of the list.
func (r *jsonReader) object() {
	token, at := r.next()
	switch token {
	case nil:
		r.errorf(at, "a target group is null%s", refusesFile)
		return
	case json.Delim('{'):
	default:
		r.errorf(at, `a target group is an object with "targets" and "labels"%s`, refusesFile)
		r.skip(token)
		return
	}
	g := group{position: at}
	var hasTargets, hasLabels bool
	for r.dec.More() {
		key, at := r.next()
		name, _ := key.(string)
		switch {
		case strings.EqualFold(name, "targets"): // as encoding/json compares names
			r.twice(&hasTargets, at, name)
			g.targets = r.targets()
		case strings.EqualFold(name, "labels"):
			r.twice(&hasLabels, at, name)
			g.labels = r.labels()
		default:
			r.errorf(at, `unknown key %q; a target group has "targets" and "labels"%s`, name, refusesFile)
			value, _ := r.next()
			r.skip(value)
		}
	}
	r.next()
	r.groups = append(r.groups, g)
}

// twice warns when seen is set already, and sets it.
func (r *jsonReader) twice(seen *bool, at position, name string) {
	if *seen {
		r.warnf(at, "the key %q is there twice; Prometheus takes the last", name)
	}
	*seen = true
}

// targets reads the value of "targets".
func (r *jsonReader) targets() []text {
	token, at := r.next()
	if token != json.Delim('[') {
		if token != nil {
			r.errorf(at, "targets are an array of strings%s", refusesFile)
			r.skip(token)
		}
		return nil
	}
	var targets []text
	for r.dec.More() {
		token, at := r.next()
		switch value := token.(type) {
		case string:
			targets = append(targets, text{at, value})
		case nil:
			targets = append(targets, text{at, ""})
		default:
			r.errorf(at, "a target is a string%s", refusesFile)
			r.skip(token)
		}
	}
	r.next()
	return targets
}

// labels reads the value of "labels".
func (r *jsonReader) labels() map[string]text {
	token, at := r.next()
	if token != json.Delim('{') {
		if token != nil {
			r.errorf(at, "labels are an object of strings%s", refusesFile)
			r.skip(token)
		}
		return nil
	}
	labels := map[string]text{}
	for r.dec.More() {
		key, at := r.next()
		name, _ := key.(string)
		if _, ok := labels[name]; ok {
			r.warnf(at, "the label %q is there twice; Prometheus takes the last", name)
		}
		value, valueAt := r.next()
		if name == "" { // here, since a second "labels" would hide it from the rules, but not from Prometheus
			r.errorf(at, "a label name is empty%s", refusesFile)
			r.skip(value)
			continue
		}
		switch value := value.(type) {
		case string:
			labels[name] = text{at, value}
		case nil:
			labels[name] = text{at, ""}
		default:
			r.errorf(valueAt, "the value of label %q is no string; put it in quotes%s", name, refusesFile)
			r.skip(value)
		}
	}
	r.next()
	return labels
}
