package store

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// UnmarshalJSON implements json.Unmarshaler. Whole numbers are int64, so that they are exact whatever their size.
func (f *FieldChange) UnmarshalJSON(text []byte) error {
	type plain FieldChange
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode((*plain)(f)); err != nil {
		return err
	}
	for _, side := range []*any{&f.Before, &f.After} {
		number, ok := (*side).(json.Number)
		if !ok {
			continue
		}
		n, err := number.Int64()
		if err != nil {
			return fmt.Errorf("decoding a change of %s: %w", f.Field, err)
		}
		*side = n
	}
	return nil
}
