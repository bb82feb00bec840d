package store

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readAll returns every group, and the error that ended the list.
func readAllGroups(r io.Reader) ([]ImportGroup, error) {
	var groups []ImportGroup
	for g, err := range ReadGroups(r) {
		if err != nil {
			return groups, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func TestReadGroupsYieldsEveryGroup(t *testing.T) {
	groups, err := readAllGroups(iotest.OneByteReader(strings.NewReader(
		"[{\"targets\":[\"a:1\",\"b:1\"],\"labels\":{\"job\":\"x\"}},\n {\"labels\":{},\"targets\":[]}]\n")))
	require.NoError(t, err)
	assert.Equal(t, []ImportGroup{
		{Targets: []string{"a:1", "b:1"}, Labels: map[string]string{"job": "x"}},
		{Targets: []string{}, Labels: map[string]string{}},
	}, groups)
}

func TestReadGroupsStopsWhenNobodyWantsMore(t *testing.T) {
	groups := 0
	for _, err := range ReadGroups(strings.NewReader(`[{"targets":[]},{"targets":[]},broken`)) {
		require.NoError(t, err)
		if groups++; groups == 2 {
			break
		}
	}
	assert.Equal(t, 2, groups)
}

func TestReadGroupsSaysWhatIsWrongWhere(t *testing.T) {
	const good = "[\n{\"targets\":[\"a:1\"],\"labels\":{}}"
	for content, want := range map[string]string{
		"":                            "the list is empty; an empty list is []",
		" \n":                         "the list is empty; an empty list is []",
		"\n{}":                        "line 2: a list of target groups begins with [",
		"null":                        "line 1: a list of target groups begins with [",
		"\ufeff[]":                    "line 1: invalid character 'ï' looking for beginning of value",
		good:                          "line 2: the list ends before its closing ]",
		good + ",\n":                  "line 3: the list ends before its closing ]",
		good + ",\nnull]":             "line 3: the group is null",
		good + ",\n\n{\"target\":[]}": "line 4: json: unknown field \"target\"",
		good + "]\n[]":                "line 3: something follows the end of the list",
		good + "]\nx":                 "line 3: something follows the end of the list",
		good + ",\n{\"labels\":{\n\"a\":1}}]": "line 4: json: cannot unmarshal number into Go struct field " +
			"ImportGroup.labels of type string",
		good + "\n\n!": "line 4: expected comma after array element",
	} {
		t.Run(content, func(t *testing.T) {
			_, err := readAllGroups(strings.NewReader(content))
			require.ErrorIs(t, err, ErrInvalid)
			assert.Equal(t, want, err.Error())
		})
	}
}

func TestReadGroupsPassesOnWhatTheReaderSays(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := readAllGroups(io.MultiReader(strings.NewReader(`[{"targets":["a:1"]},`), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, ErrInvalid)
}

func TestLineCounterForgetsWhatIsBehind(t *testing.T) {
	list := newListReader(strings.NewReader("[" + strings.Repeat("{\"targets\":[]},\n", 100_000) + "{}]"))
	require.NoError(t, list.begin())
	for list.dec.More() {
		_, err := list.next()
		require.NoError(t, err)
		require.Less(t, len(list.lines.ends), 10_000)
	}
	assert.Equal(t, 100_001, list.lines.at(list.dec.InputOffset()))
}

// FuzzReadGroups holds the reader against encoding/json, which reads a list whole.
func FuzzReadGroups(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"targets":["a:1"],"labels":{"job":"x"}}]`, `[{}, {}]`, `[{} {}]`, `[null]`, `[`, `]`, "", "[]\n", `[{},]`, `[]x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		var want []ImportGroup
		dec := json.NewDecoder(strings.NewReader(string(content)))
		dec.DisallowUnknownFields()
		whole := dec.Decode(&want)
		got, err := readAllGroups(strings.NewReader(string(content)))
		if err == nil {
			if whole != nil {
				t.Fatalf("%q is accepted, but: %v", content, whole)
			}
			if !slices.EqualFunc(got, want, func(a, b ImportGroup) bool { return assert.ObjectsAreEqual(a, b) }) {
				t.Fatalf("%q is %v, want %v", content, got, want)
			}
		}
	})
}
