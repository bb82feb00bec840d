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

	"github.com/promshard/promshard/store"
)

// Sync implements store.Registry. The source is sent as a whole, compressed, once: a connection that breaks meanwhile is
// an error, after which it can be synced again, since what was taken in is not taken in twice. A text that is not UTF-8 is
// an error here, since JSON has no such texts, and not an issue of its row.
func (c *Client) Sync(ctx context.Context, source store.SyncSource, o store.SyncOptions) (result store.SyncResult, err error) {
	r := request{
		method: http.MethodPost, path: apiPrefix + "/sync", query: url.Values{},
		keyless:   true, // the server would keep the whole result
		afterLoss: "run it again: what was taken in is not taken in twice",
	}
	for name, is := range map[string]bool{"theirs": o.Theirs, "allow_shrink": o.AllowShrink} {
		if is {
			r.query.Set(name, "true")
		}
	}
	wishes := store.WishesOf(ctx)
	r.wish(wishes)
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
		if u.err = checkUTF8("source", name, field.String()); u.err != nil {
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
	noun := strings.ReplaceAll(strings.TrimSuffix(list, "s"), "_", " ")
	for i := range row.NumField() {
		if row.Field(i).Kind() != reflect.String {
			continue
		}
		if u.err = checkUTF8(noun, row.Type().Field(i).Tag.Get("json"), row.Field(i).String()); u.err != nil {
			return u.err
		}
	}
	if u.rows++; u.progress != nil && u.rows%progressStep == 0 {
		u.progress(u.rows)
	}
	return encoder.Encode(row.Interface())
}
