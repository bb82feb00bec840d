package httpsd

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store/storetest"
)

// curlWord is one word of a command line: in single quotes, or without any.
var curlWord = regexp.MustCompile(`'([^']*)'|([^ ']+)`)

// curl sends what a command line of the reference stands for.
func (a *apiServing) curl(t *testing.T, line string) answer {
	t.Helper()
	method, target := http.MethodGet, ""
	var body any
	var headers, words []string
	for _, m := range curlWord.FindAllStringSubmatch(line, -1) {
		words = append(words, m[1]+m[2])
	}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-X":
			i++
			method = words[i]
		case "-d":
			i++
			body = words[i]
		case "-H":
			i++
			name, value, ok := strings.Cut(words[i], ": ")
			require.True(t, ok, line)
			headers = append(headers, name, value)
		default:
			rest, ok := strings.CutPrefix(words[i], "http://localhost:9780")
			require.True(t, ok, "%s: %s", line, words[i])
			target = rest
		}
	}
	return a.do(t, method, target, body, headers...)
}

// TestReferenceOfTheAPI runs each example of the page, one after the other, and compares the answers with those below them.
func TestReferenceOfTheAPI(t *testing.T) {
	const path = "../docs/reference-api.md"
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	a := newAPI(t, storetest.SQLite(t))
	lines, ran := strings.Split(string(page), "\n"), 0
	for i, line := range lines {
		command, indented := strings.CutPrefix(line, "    ")
		if !indented || !strings.HasPrefix(command, "curl ") {
			continue
		}
		got := a.curl(t, command)
		require.Less(t, got.code, http.StatusInternalServerError)
		shown := exampleMoment(strings.TrimSpace(got.body))
		if *update {
			lines[i+1] = "    " + shown
		}
		assert.Equal(t, strings.TrimSpace(lines[i+1]), shown, command)
		ran++
	}
	assert.Greater(t, ran, 25)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644))
	}
}
