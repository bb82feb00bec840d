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
func readSource(text io.Reader, most int) (source store.SyncSource, err error) {
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
	// raw is the value that was read last.
	raw json.RawMessage
	// rows were read so far, and most may be.
	rows, most int
}

// read fills in a source.
func (r *sourceReader) read(source reflect.Value) error {
	fields := fieldsOf(source.Type())
	seen, err := r.object("a JSON object", fields, source, r.part)
	if err != nil {
		return err
	}
	for at, name := range fields.names {
		if seen&(1<<at) == 0 && source.Field(at).Kind() == reflect.Slice {
			return invalidBody(name, "", "is missing; [] says that there are none")
		}
	}
	return r.end()
}

// object reads an object into a struct; take reads the value of a field. It returns which fields there were, by bits.
func (r *sourceReader) object(kind string, fields structFields, into reflect.Value, take func(name string, place reflect.Value) error) (seen uint64, err error) {
	if err := r.begin('{', kind); err != nil {
		return 0, err
	}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return 0, r.broken(err)
		}
		name, _ := token.(string)
		at, known := fields.at[name]
		switch {
		case !known:
			return 0, unknownField(shorten(name), fields.names)
		case seen&(1<<at) != 0:
			return 0, invalidBody(name, "", "is given twice")
		}
		seen |= 1 << at
		if err := take(name, into.Field(at)); err != nil {
			return 0, err
		}
	}
	_, err = r.decoder.Token()
	return seen, r.broken(err)
}

// begin reads the beginning of an object or a list.
func (r *sourceReader) begin(with json.Delim, kind string) error {
	token, err := r.decoder.Token()
	switch {
	case err != nil:
		return r.broken(err)
	case token != with:
		return invalidBody("", "", "is not "+kind)
	}
	return nil
}

// part reads a field of the source: its name, or the rows of a noun.
func (r *sourceReader) part(name string, place reflect.Value) error {
	if place.Kind() != reflect.Slice {
		return r.value(name, place)
	}
	if err := r.begin('[', "a list"); err != nil {
		return inPart(err, name)
	}
	fields := fieldsOf(place.Type().Elem())
	for r.decoder.More() {
		if r.rows++; r.rows > r.most {
			return fmt.Errorf("%w: at most %d rows are taken", errBodyTooLarge, r.most)
		}
		row := reflect.New(place.Type().Elem()).Elem()
		if at, can := fields.at["enabled"]; can {
			row.Field(at).SetBool(true)
		}
		if _, err := r.object("an object", fields, row, r.value); err != nil {
			return inPart(err, fmt.Sprintf("%s[%d]", name, place.Len()))
		}
		place.Set(reflect.Append(place, row))
		r.text.left = rowMost
	}
	_, err := r.decoder.Token()
	return r.broken(err)
}

// value reads the value of a field.
func (r *sourceReader) value(name string, place reflect.Value) error {
	if err := r.decoder.Decode(&r.raw); err != nil {
		return r.broken(err)
	}
	if !utf8.Valid(r.raw) {
		return invalidBody(name, "", "is not valid UTF-8")
	}
	return takeField(member{name, r.raw}, place.Addr().Interface())
}

// inPart says in which part of the body an error is.
func inPart(err error, part string) error {
	refused, ok := err.(*store.Error) //nolint:errorlint // one of invalidBody
	if !ok {
		return err
	}
	if refused.Field != "" {
		part = fieldPath(part, refused.Field)
	}
	return invalidBody(part, refused.Value, refused.Reason)
}

// end makes sure that nothing follows.
func (r *sourceReader) end() error {
	_, err := r.decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case r.text.err != nil:
		return r.broken(err)
	}
	return invalidBody("", "", "has something behind the object")
}

// broken says why there is no next token; nil when err is. What is wrong with the file is not the client's fault.
func (r *sourceReader) broken(err error) error {
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case r.text.err != nil:
		return fmt.Errorf("%w: %w", errKeeping, r.text.err)
	case errors.Is(err, errRowTooLarge):
		return err
	case errors.Is(err, io.EOF) && r.decoder.InputOffset() == 0:
		return invalidBody("", "", "is missing; send a JSON object")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return invalidBody("", "", "is not JSON: it is cut off")
	case errors.As(err, &syntax):
		return invalidBody("", "", fmt.Sprintf("is not JSON: %v, behind byte %d", syntax, r.decoder.InputOffset()))
	}
	return invalidBody("", "", "is not JSON: "+err.Error())
}

// boundedReader reads no more than left bytes, which is set anew after each row.
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
