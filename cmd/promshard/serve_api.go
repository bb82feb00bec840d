package main

import (
	"fmt"

	"github.com/alecthomas/kingpin/v2"
	"github.com/alecthomas/units"
)

// apiFlags are the flags of serve that bound the inventory API.
type apiFlags struct {
	maxBody units.Base2Bytes
	maxPage int
}

func (f *apiFlags) add(cmd *kingpin.CmdClause) {
	cmd.Flag("api.max-body-size", "How large the body of a request may be; a larger one is answered with 413.").
		Default("1MiB").PlaceHolder("1MiB").BytesVar(&f.maxBody)
	cmd.Flag("api.max-page-size", "How many rows a page of a list of the inventory has at most.").
		Default("1000").PlaceHolder("1000").IntVar(&f.maxPage)
}

// check refuses what no server could do.
func (f *apiFlags) check() error {
	switch {
	case f.maxBody <= 0:
		return &usageError{err: fmt.Errorf("--api.max-body-size %v: must be above 0", f.maxBody)}
	case f.maxPage <= 0:
		return &usageError{err: fmt.Errorf("--api.max-page-size %d: must be above 0", f.maxPage)}
	}
	return nil
}
