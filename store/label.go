package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// Labels are the user's own labels of a service, project, exporter or host. Nil and empty mean the same. In the
// database they are one JSON object with sorted keys, and the empty string when there are none.
type Labels map[string]string

// MarshalJSON implements json.Marshaler: an object, also when there are none.
func (l Labels) MarshalJSON() ([]byte, error) {
	if len(l) == 0 {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]string(l))
}

// Value implements driver.Valuer.
func (l Labels) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "", nil
	}
	b, err := json.Marshal(map[string]string(l))
	return string(b), err
}

// Scan implements sql.Scanner.
func (l *Labels) Scan(src any) error {
	var b []byte
	switch v := src.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("scanning labels: unexpected type %T", src)
	}
	*l = nil
	if len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, (*map[string]string)(l)); err != nil {
		return fmt.Errorf("scanning labels: %w", err)
	}
	return nil
}
