package httpsd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"

	"github.com/promshard/promshard/store"
)

// rowMost bounds one row of a source, in bytes, give or take what is read ahead.
const rowMost = 1 << 20

// errRowTooLarge marks a row that is larger than any could be.
var errRowTooLarge = fmt.Errorf("%w: a row has more than %d bytes", errBodyTooLarge, rowMost)

// readSource reads a source of no more rows than most; of the text it holds little more than one row. Each list has to be
// there, so that one that somebody forgot is not taken for an empty one.
func readSource(text io.Reader, most int) (store.SyncSource, error) {
	var source store.SyncSource
	bounded := &boundedReader{r: text, left: rowMost}
	reader := &sourceReader{text: bounded, decoder: json.NewDecoder(bounded), most: most}
	if err := reader.read(reflect.ValueOf(&source).Elem()); err != nil {
		return store.SyncSource{}, err
	}
	return source, nil
}

// sourceReader reads one source.
type sourceReader struct {
	text    *boundedReader
	decoder *json.Decoder
	// rows were read so far, and most may be.
	rows, most int
}

// read fills in a source.
func (r *sourceReader) read(source reflect.Value) error {
	begin, err := r.decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return invalidBody("", "", "is missing; send a JSON object")
	case err != nil:
		return r.broken(err)
	case begin != json.Delim('{'):
		return invalidBody("", "", "is not a JSON object")
	}
	fields, seen := fieldsOf(source.Type()), map[string]bool{}
	for r.more() {
		if err := r.field(source, fields, seen); err != nil {
			return err
		}
	}
	if err := r.end(); err != nil {
		return err
	}
	for _, name := range fields.names {
		if !seen[name] && source.Field(fields.at[name]).Kind() == reflect.Slice {
			return invalidBody(name, "", "is missing; [] says that there are none")
		}
	}
	return nil
}

// field reads one field of the source.
func (r *sourceReader) field(source reflect.Value, fields structFields, seen map[string]bool) error {
	token, err := r.decoder.Token()
	if err != nil {
		return r.broken(err)
	}
	name, _ := token.(string)
	at, known := fields.at[name]
	switch {
	case !known:
		return unknownField(shorten(name), fields.names)
	case seen[name]:
		return invalidBody(name, "", "is given twice")
	}
	seen[name] = true
	place := source.Field(at)
	if place.Kind() == reflect.Slice {
		return r.list(name, place)
	}
	var raw json.RawMessage
	if err := r.decoder.Decode(&raw); err != nil {
		return r.broken(err)
	}
	if !utf8.Valid(raw) {
		return invalidBody(name, "", "is not valid UTF-8")
	}
	return takeField(member{name, raw}, place.Addr().Interface())
}

// list reads the rows of one noun.
func (r *sourceReader) list(name string, place reflect.Value) error {
	begin, err := r.decoder.Token()
	switch {
	case err != nil:
		return r.broken(err)
	case begin != json.Delim('['):
		return invalidBody(name, "", "is not a list")
	}
	var raw json.RawMessage
	fields := fieldsOf(place.Type().Elem())
	for r.more() {
		if r.rows++; r.rows > r.most {
			return fmt.Errorf("%w: at most %d rows are taken", errBodyTooLarge, r.most)
		}
		if err := r.decoder.Decode(&raw); err != nil {
			return r.broken(err)
		}
		row := reflect.New(place.Type().Elem()).Elem()
		if err := takeRow(member{fmt.Sprintf("%s[%d]", name, place.Len()), raw}, fields, row); err != nil {
			return err
		}
		place.Set(reflect.Append(place, row))
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.broken(err)
	}
	return nil
}

// more says whether something comes before the end of the object or the list. It may be as large as a row.
func (r *sourceReader) more() bool {
	r.text.left = rowMost
	return r.decoder.More()
}

// end makes sure that the source was whole and that nothing follows it.
func (r *sourceReader) end() error {
	if _, err := r.decoder.Token(); err != nil {
		return r.broken(err)
	}
	switch _, err := r.decoder.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case r.text.err != nil:
		return r.broken(err)
	}
	return invalidBody("", "", "has something behind the object")
}

// broken says why there is no next token. What is wrong with the file is not the client's fault.
func (r *sourceReader) broken(err error) error {
	var syntax *json.SyntaxError
	switch {
	case r.text.err != nil:
		return fmt.Errorf("%w: %w", errKeeping, r.text.err)
	case errors.Is(err, errRowTooLarge):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return invalidBody("", "", "is not JSON: it is cut off")
	case errors.As(err, &syntax):
		return invalidBody("", "", fmt.Sprintf("is not JSON: %v, behind byte %d", syntax, r.decoder.InputOffset()))
	}
	return invalidBody("", "", "is not JSON: "+err.Error())
}

// boundedReader reads no more than left bytes, which is set anew for each row.
type boundedReader struct {
	r    io.Reader
	left int
	// err is the first error of r that is not io.EOF.
	err error
}

// Read implements io.Reader.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// structFields are the fields of a struct, all of which JSON has: their names, in order, and the index of each.
type structFields struct {
	names []string
	at    map[string]int
}

func fieldsOf(t reflect.Type) structFields {
	fields := structFields{at: map[string]int{}}
	for field := range jsonFields(reflect.New(t).Elem()) {
		fields.at[field.name] = len(fields.names)
		fields.names = append(fields.names, field.name)
	}
	return fields
}

// takeRow decodes a row. One that does not say whether it is enabled is.
func takeRow(m member, fields structFields, row reflect.Value) error {
	switch {
	case m.raw[0] != '{':
		return invalidBody(m.name, string(m.raw), "is not an object")
	case !utf8.Valid(m.raw):
		return invalidBody(m.name, "", "is not valid UTF-8")
	}
	given, err := members(m.name, m.raw)
	if err != nil {
		return err
	}
	if at, can := fields.at["enabled"]; can {
		row.Field(at).SetBool(true)
	}
	for _, value := range given {
		at, known := fields.at[value.name]
		if !known {
			return unknownField(fieldPath(m.name, shorten(value.name)), fields.names)
		}
		if err := takeField(member{fieldPath(m.name, value.name), value.raw}, row.Field(at).Addr().Interface()); err != nil {
			return err
		}
	}
	return nil
}
