package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProgressDrawsTheShareThatWasRead(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1000, 0)
	p := &progress{w: &out, verb: "importing", unit: "targets", size: 10, now: func() time.Time { return now }}
	_, err := io.CopyN(io.Discard, p.reader(strings.NewReader("0123456789")), 5)
	require.NoError(t, err)
	p.update(7)
	p.update(8) // too soon
	now = now.Add(time.Second)
	_, err = io.CopyN(io.Discard, p.reader(strings.NewReader("56789")), 5)
	require.NoError(t, err)
	p.update(9)
	p.done()
	line := "importing: [==============================] 100 %, 9 targets"
	assert.Equal(t, "\rimporting: [===============               ]  50 %, 7 targets\r"+line+
		"\r"+strings.Repeat(" ", len(line))+"\r", out.String())
}

func TestProgressCountsWhenTheSizeIsNotKnown(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, verb: "importing", unit: "targets", size: -1, now: time.Now}
	p.update(7)
	assert.Equal(t, "\rimporting: 7 targets", out.String())
}

func TestProgressDrawsTheShareOfUnits(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, verb: "importing", unit: "rows", size: 10, now: time.Now}
	p.updateAll(5)
	assert.Equal(t, "\rimporting: [===============               ]  50 %, 5 rows", out.String())
}

func TestProgressDrawsNothingWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, "importing", "targets", 10)
	p.update(7)
	p.done()
	assert.Empty(t, out.String())
}
