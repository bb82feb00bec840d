package httpsd

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNegotiate(t *testing.T) {
	for _, tc := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"no header", nil, "identity"},
		{"an empty header", []string{""}, "identity"},
		{"gzip", []string{"gzip"}, "gzip"},
		{"the old name of gzip", []string{"x-gzip"}, "gzip"},
		{"names in capitals", []string{"GZIP, ZSTD;Q=0.2"}, "gzip"},
		{"zstd when both weigh the same", []string{"gzip, zstd"}, "zstd"},
		{"zstd when both have the same weight", []string{"gzip;q=0.5, zstd;q=0.5"}, "zstd"},
		{"the heavier one", []string{"zstd;q=0.3, gzip;q=0.9, identity;q=0.1"}, "gzip"},
		{"identity when it weighs most", []string{"gzip;q=0.5, identity"}, "identity"},
		{"a small weight beats what nobody asked for", []string{"gzip;q=0.001"}, "gzip"},
		{"a coding that is refused", []string{"zstd;q=0, gzip;q=0.0"}, "identity"},
		{"unknown codings", []string{"br, deflate, compress"}, "identity"},
		{"what a browser sends", []string{"gzip, deflate, br, zstd"}, "zstd"},
		{"several header lines", []string{"br", "gzip"}, "gzip"},
		{"anything", []string{"*"}, "zstd"},
		{"anything but", []string{"*, zstd;q=0"}, "gzip"},
		{"nothing else", []string{"gzip, *;q=0"}, "gzip"},
		{"identity refused", []string{"identity;q=0, gzip"}, "gzip"},
		{"identity alone when the rest is refused", []string{"identity;q=0.5, *;q=0"}, "identity"},
		{"nothing at all", []string{"*;q=0"}, ""},
		{"nothing but what we do not have", []string{"br, identity;q=0"}, ""},
		{"spaces and tabs", []string{" gzip ;\tq=0.8 , zstd ; q=0.1 "}, "gzip"},
		{"weights that are none", []string{"gzip;q=2, zstd;q=abc, gzip;q=-1, zstd;q=", "gzip;q=1e0", "zstd;q=0.1234"}, "identity"},
		{"parameters that are no weight", []string{"gzip;level=9"}, "identity"},
		{"elements without a name", []string{",, ;q=1,gzip"}, "gzip"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, ok := negotiate(tc.headers)
			assert.Equal(t, tc.want != "", ok)
			if ok {
				assert.Equal(t, tc.want, c.String())
			}
		})
	}
}

func TestNegotiateStreamable(t *testing.T) {
	for header, want := range map[string]string{
		"": "identity", "gzip": "gzip", "zstd, gzip": "gzip", "zstd": "identity", "gzip;q=0.5, identity": "identity",
		"gzip;q=0": "identity", "zstd, identity;q=0": "", "gzip, identity;q=0": "gzip", "*": "gzip",
	} {
		c, ok := negotiateStreamable([]string{header})
		assert.Equal(t, want != "", ok, header)
		if ok {
			assert.Equal(t, want, c.String(), header)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	for _, seed := range []string{"", "gzip", "gzip, zstd;q=0.5", "*;q=0", "identity;q=0, *", ";q=1", "gzip;q=0.1234,x-gzip"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		c, ok := negotiate([]string{header})
		lower := strings.ToLower(header)
		switch {
		case ok && c != identity && !strings.Contains(lower, c.String()) && !strings.Contains(header, "*"):
			t.Errorf("%q: %v was never asked for", header, c)
		case !ok && !strings.Contains(header, "0"):
			t.Errorf("%q: refused without a weight of zero", header)
		}
		// Saying no to a coding is always heard, and saying yes to it as the only one too.
		if c, ok := negotiate([]string{header, "gzip;q=0, zstd;q=0"}); ok && c != identity {
			t.Errorf("%q: %v was refused", header, c)
		}
		if c, ok := negotiate([]string{header, "identity;q=0, zstd;q=0, gzip"}); !ok || c != gzipped {
			t.Errorf("%q: gzip was the only one taken", header)
		}
	})
}
