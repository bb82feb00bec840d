package httpsd

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseWait(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "30s": 30 * time.Second, "1m30s": 90 * time.Second, "250ms": 250 * time.Millisecond, "1d": 24 * time.Hour,
	} {
		got, err := parseWait([]string{value})
		require.NoError(t, err, value)
		assert.Equal(t, want, got, value)
	}
	for _, values := range [][]string{{"0"}, {"0s"}, {"-1s"}, {"1"}, {"1.5s"}, {"soon"}, {" 1s"}, {"300000y"}, {"1s", "1s"}, {"", ""}} {
		_, err := parseWait(values)
		assert.ErrorContains(t, err, "wait", "%q", values)
	}
}

func TestHoldLimit(t *testing.T) {
	const server = 5 * time.Minute
	for name, tc := range map[string]struct {
		most   time.Duration
		header string
		want   time.Duration
	}{
		"nothing said":                 {0, "", server},
		"the client's wait":            {30 * time.Second, "", 30 * time.Second},
		"a wait above the server's":    {time.Hour, "", server},
		"90 % of the interval":         {0, "30", 27 * time.Second},
		"a float, as VictoriaMetrics":  {0, "7.5", 6750 * time.Millisecond},
		"the wait below that":          {10 * time.Second, "30.000000", 10 * time.Second},
		"the wait above that":          {29 * time.Second, "30", 27 * time.Second},
		"an interval above the server": {0, "86400", server},
		"an interval beyond counting":  {0, "1e300", server},
		"a tiny interval":              {0, "1e-300", 1},
		"spaces":                       {0, " 10 ", 9 * time.Second},
		"no number":                    {0, "often", server},
		"zero":                         {0, "0", server},
		"negative":                     {0, "-30", server},
		"NaN":                          {0, "NaN", server},
		"infinite":                     {0, "+Inf", server},
		"a duration":                   {0, "30s", server},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			if tc.header != "" {
				header.Set(refreshHeader, tc.header)
			}
			assert.Equal(t, tc.want, holdLimit(server, tc.most, header))
		})
	}
}

func FuzzRefreshInterval(f *testing.F) {
	for _, seed := range []string{"30", "30.5", "1e308", "-0", "NaN", "0x1p-2", "", "9223372036.854775807"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		interval, ok := refreshInterval(http.Header{refreshHeader: {value}})
		if ok != (interval > 0) {
			t.Errorf("%q: %v, %v", value, interval, ok)
		}
		limit := holdLimit(math.MaxInt64, 0, http.Header{refreshHeader: {value}})
		if limit <= 0 || ok && limit > interval {
			t.Errorf("%q: held for %v of %v", value, limit, interval)
		}
	})
}
