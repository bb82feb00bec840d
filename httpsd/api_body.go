package httpsd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/promshard/promshard/store"
)

// The media types of bodies.
const (
	jsonType       = "application/json"
	mergePatchType = "application/merge-patch+json"
)

// errMediaType marks a body of a type that is not understood.
var errMediaType = errors.New("unsupported media type")

// invalidBody is a refusal of a field of a body, or of all of it when field is empty: 400.
func invalidBody(field, value, reason string) *store.Error {
	return &store.Error{Kind: store.ErrInvalid, Noun: "body", Field: field, Value: shorten(value), Reason: reason}
}

// typed refuses a body that is of none of the types.
func (c *call) typed(types ...string) error {
	header := c.r.Header
	given, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	switch {
	case err != nil || !slices.Contains(types, given):
		return fmt.Errorf("%w: Content-Type %q; send %s", errMediaType, shorten(header.Get("Content-Type")), strings.Join(types, " or "))
	case charset != "" && charset != "utf-8":
		return fmt.Errorf("%w: charset %q; send UTF-8", errMediaType, shorten(charset))
	}
	return nil
}

// body reads what the client sent, which must be of one of the types.
func (c *call) body(types ...string) ([]byte, error) {
	if err := c.typed(types...); err != nil {
		return nil, err
	}
	if coding := c.r.Header.Get("Content-Encoding"); coding != "" {
		return nil, fmt.Errorf("%w: Content-Encoding %q; send the body as it is", errMediaType, shorten(coding))
	}
	body, err := io.ReadAll(c.r.Body)
	return body, c.bodyError(err)
}

// bodyError says what became of a body that could not be read.
func (c *call) bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return fmt.Errorf("%w: at most %d bytes are taken", errBodyTooLarge, tooLarge.Limit)
	case c.r.Context().Err() != nil:
		return c.r.Context().Err()
	}
	return invalidBody("", "", "did not arrive as a whole: "+err.Error())
}

// mediaType is the type of the body of a request, without its parameters.
func mediaType(r *http.Request) string {
	given, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return given
}

// member is one field of a JSON object, its value as it was sent.
type member struct {
	name string
	raw  json.RawMessage
}

// null says whether the value is null.
func (m member) null() bool { return string(m.raw) == "null" }

// parseObject takes a JSON object apart. What encoding/json lets pass is refused: bytes that are not UTF-8, a field that is
// given twice, something behind the object.
func parseObject(body []byte) ([]member, error) {
	switch trimmed := bytes.TrimLeft(body, " \t\r\n"); {
	case len(trimmed) == 0:
		return nil, invalidBody("", "", "is missing; send a JSON object")
	case !utf8.Valid(body):
		return nil, invalidBody("", "", "is not valid UTF-8")
	case !json.Valid(body):
		return nil, invalidBody("", "", "is not JSON: "+syntaxError(body))
	case trimmed[0] != '{':
		return nil, invalidBody("", string(trimmed), "is not a JSON object")
	}
	return members("", body)
}

// syntaxError says where a text stops being JSON.
func syntaxError(body []byte) string {
	var whole json.RawMessage
	err := json.Unmarshal(body, &whole)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("%v, at byte %d", syntax, syntax.Offset)
	}
	return "it is cut off"
}

// members takes a valid JSON object apart; of is the field that it is the value of.
func members(of string, object []byte) ([]member, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		return nil, invalidBody(of, "", "is not JSON: "+err.Error())
	}
	var all []member
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		name, isName := token.(string)
		var raw json.RawMessage
		if err == nil && isName {
			err = decoder.Decode(&raw)
		}
		if err != nil || !isName {
			return nil, invalidBody(of, "", "is not JSON")
		}
		if seen[name] {
			return nil, invalidBody(fieldPath(of, name), "", "is given twice")
		}
		seen[name] = true
		all = append(all, member{name, raw})
	}
	return all, nil
}

// fieldPath names a field of a field.
func fieldPath(of, name string) string {
	if of == "" {
		return name
	}
	return of + "." + name
}
