//go:build bench && linux

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// row is one line of the table. Empty fields are left blank.
type row struct {
	what, fleet, database string
	// value is what promshard does, against what it is compared with, ratio the one by the other.
	value, against, ratio string
	goal                  goal
}

// goal is what a ratio should be. The zero value is none: the row is for information.
type goal struct {
	text string
	met  bool
}

// atMost is the goal that a ratio is no more than limit.
func atMost(ratio, limit float64) goal {
	return goal{text: "≤ " + formatRatio(limit), met: ratio <= limit}
}

// atLeast is the goal that a ratio is no less than limit.
func atLeast(ratio, limit float64) goal {
	return goal{text: "≥ " + formatRatio(limit), met: ratio >= limit}
}

func (g goal) String() string {
	switch {
	case g.text == "":
		return ""
	case g.met:
		return g.text + ", met"
	default:
		return g.text + ", **missed**"
	}
}

func (r row) String() string {
	cells := []string{r.what, r.fleet, r.database, r.value, r.against, r.ratio, r.goal.String()}
	return "| " + strings.Join(cells, " | ") + " |"
}

// tableHead is in Markdown, like the rows.
const tableHead = `| what | fleet | database | promshard | against | ratio | goal |
| --- | --- | --- | --- | --- | --- | --- |
`

// report collects the rows of all measurements of this run.
var report struct {
	sync.Mutex
	rows []row
}

// add puts rows into the table, the test's log, and the file that has the table so far.
func add(t *testing.T, rows ...row) {
	t.Helper()
	report.Lock()
	defer report.Unlock()
	report.rows = append(report.rows, rows...)
	for _, r := range rows {
		t.Log(r)
	}
	var table strings.Builder
	table.WriteString(tableHead)
	for _, r := range report.rows {
		fmt.Fprintln(&table, r)
	}
	file := filepath.Join(config.cache, "report.md")
	require.NoError(t, os.WriteFile(file, []byte(table.String()), 0o644))
}
