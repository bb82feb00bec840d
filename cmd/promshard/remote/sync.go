package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/promshard/promshard/store"
)

// Sync implements store.Registry. The source is sent as a whole, compressed, once: a connection that breaks meanwhile is
// an error, after which it can be synced again, since what was taken in is not taken in twice. A text that is not UTF-8 is
// an error here, since JSON has no such texts, and not an issue of its row.
func (c *Client) Sync(ctx context.Context, source store.SyncSource, o store.SyncOptions) (result store.SyncResult, err error) {
	r := request{
		method: http.MethodPost, path: apiPrefix + "/sync", query: url.Values{},
		afterLoss: "run it again: what was taken in is not taken in twice",
	}
	for name, is := range map[string]bool{"theirs": o.Theirs, "allow_shrink": o.AllowShrink} {
		if is {
			r.query.Set(name, "true")
		}
	}
	wishes := store.WishesOf(ctx)
	r.wish(wishes)
	if wishes.IdempotencyKey == "" {
		r.header.Del("Idempotency-Key") // it would make the server keep the whole result
	}
	into := form{Data: &result}
	err = c.upload(ctx, r, &sourceUpload{source: &source, progress: o.Progress}, &into)
	fill(wishes.Receipt, into.Receipt, err)
	return result, err
}

// sourceUpload writes a source in JSON, row by row.
type sourceUpload struct {
	source   *store.SyncSource
	progress func(rows int64)
	rows     int64
	// err is what was wrong with the source.
	err error
}

func (u *sourceUpload) broken() error { return u.err }

func (u *sourceUpload) write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	source := reflect.ValueOf(u.source).Elem()
	for i := range source.NumField() {
		between := "{"
		if i > 0 {
			between = ","
		}
		name := source.Type().Field(i).Tag.Get("json")
		if _, err := fmt.Fprintf(w, "%s%q:", between, name); err != nil {
			return err
		}
		if err := u.writeField(w, encoder, name, source.Field(i)); err != nil {
			return err
		}
	}
	if u.progress != nil {
		u.progress(u.rows)
	}
	_, err := io.WriteString(w, "}")
	return err
}

// writeField writes the rows of a noun, or the name of the source.
func (u *sourceUpload) writeField(w io.Writer, encoder *json.Encoder, name string, field reflect.Value) error {
	if field.Kind() != reflect.Slice {
		if u.err = checkUTF8("source", name, field); u.err != nil {
			return u.err
		}
		return encoder.Encode(field.Interface())
	}
	between := "["
	for i := range field.Len() {
		if _, err := io.WriteString(w, between); err != nil {
			return err
		}
		if err := u.writeRow(encoder, name, field.Index(i)); err != nil {
			return err
		}
		between = ","
	}
	end := "]"
	if field.Len() == 0 {
		end = "[]"
	}
	_, err := io.WriteString(w, end)
	return err
}

func (u *sourceUpload) writeRow(encoder *json.Encoder, list string, row reflect.Value) error {
	for i := range row.NumField() {
		noun := strings.ReplaceAll(strings.TrimSuffix(list, "s"), "_", " ")
		if u.err = checkUTF8(noun, row.Type().Field(i).Tag.Get("json"), row.Field(i)); u.err != nil {
			return u.err
		}
	}
	if u.rows++; u.progress != nil && u.rows%progressStep == 0 {
		u.progress(u.rows)
	}
	return encoder.Encode(row.Interface())
}

// checkUTF8 refuses what JSON would alter on its way: bytes that are no UTF-8.
func checkUTF8(noun, field string, value reflect.Value) error {
	if value.Kind() != reflect.String || utf8.ValidString(value.String()) {
		return nil
	}
	return &store.Error{Kind: store.ErrInvalid, Noun: noun, Field: field, Value: value.String(), Reason: "is not valid UTF-8"}
}
