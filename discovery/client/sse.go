package client

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// sseEvent is one event of a stream, or an id alone.
type sseEvent struct {
	Name, ID string
	Data     []byte
}

// sseReader reads the events of a stream.
type sseReader struct{ lines *bufio.Scanner }

func newSSEReader(r io.Reader, most int) *sseReader {
	s := bufio.NewScanner(r)
	s.Buffer(nil, most)
	return &sseReader{s}
}

// Next returns the next event. The error is io.EOF between events.
func (r *sseReader) Next() (sseEvent, error) {
	var e sseEvent
	begun := false
	for r.lines.Scan() {
		line := r.lines.Text()
		if line == "" && begun {
			return e, nil
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		begun = begun || field != ""
		switch field {
		case "id":
			e.ID = value
		case "event":
			e.Name = value
		case "data":
			e.Data = append(e.Data, value...)
		}
	}
	if err := r.lines.Err(); err != nil {
		return e, err
	}
	if begun {
		return e, errors.New("the stream has ended amid an event")
	}
	return e, io.EOF
}
