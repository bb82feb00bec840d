package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/promshard/promshard/store"
)

// jsonParser takes a JSON text apart. What encoding/json lets pass is refused: bytes that are not UTF-8, halves of surrogate
// pairs, names that are given twice, something behind the object.
type jsonParser struct {
	decoder *json.Decoder
	// replaces says that the text itself has U+FFFD, which encoding/json also puts where a character is none.
	replaces bool
}

func parseJSON(source string, content []byte) (value, error) {
	at := store.Position{Source: source}
	switch {
	case len(bytes.TrimSpace(content)) == 0:
		return value{}, refuseAll(source, "is empty; send an object")
	case !utf8.Valid(content):
		return value{}, refuseAll(source, "is not valid UTF-8")
	case !json.Valid(content):
		return value{}, refuseAll(source, "is not JSON: %s", jsonError(content))
	}
	lower := bytes.ToLower(content)
	p := jsonParser{
		decoder:  json.NewDecoder(bytes.NewReader(content)),
		replaces: bytes.ContainsRune(content, utf8.RuneError) || bytes.Contains(lower, []byte(`\ufffd`)),
	}
	p.decoder.UseNumber()
	return p.value(at, 0)
}

// jsonError says where a text stops being JSON.
func jsonError(content []byte) string {
	var whole json.RawMessage
	err := json.Unmarshal(content, &whole)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("%v, at byte %d", syntax, syntax.Offset)
	}
	return "it is cut off"
}

func (p *jsonParser) value(at store.Position, depth int) (value, error) {
	if err := tooDeep(at, depth); err != nil {
		return value{}, err
	}
	token, err := p.decoder.Token()
	if err != nil {
		return value{}, refuseAll(at.Source, "is not JSON: %v", err)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return p.list(at, depth)
		}
		return p.object(at, depth)
	case string:
		if err := p.checkText(at, token); err != nil {
			return value{}, err
		}
		return value{kind: textKind, at: at, raw: token}, nil
	case json.Number:
		return value{kind: numberKind, at: at, raw: token.String()}, nil
	case bool:
		return value{kind: boolKind, at: at, raw: fmt.Sprint(token)}, nil
	}
	return value{kind: nullKind, at: at}, nil
}

func (p *jsonParser) checkText(at store.Position, text string) error {
	if p.replaces || !strings.ContainsRune(text, utf8.RuneError) {
		return nil
	}
	return at.Refuse("", text, "has half of a surrogate pair, which is no character")
}

func (p *jsonParser) list(at store.Position, depth int) (value, error) {
	v := value{kind: listKind, at: at}
	for p.decoder.More() {
		one, err := p.value(element(at, len(v.elements)), depth+1)
		if err != nil {
			return v, err
		}
		v.elements = append(v.elements, one)
	}
	_, err := p.decoder.Token()
	return v, err
}

func (p *jsonParser) object(at store.Position, depth int) (value, error) {
	v := value{kind: objectKind, at: at}
	seen := map[string]bool{}
	for p.decoder.More() {
		token, err := p.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return v, refuseAll(at.Source, "is not JSON")
		}
		place := under(at, name)
		if err := p.checkText(place, name); err != nil {
			return v, err
		}
		if seen[name] {
			return v, duplicate(place)
		}
		seen[name] = true
		one, err := p.value(place, depth+1)
		if err != nil {
			return v, err
		}
		v.members = append(v.members, member{name, one})
	}
	_, err := p.decoder.Token()
	return v, err
}
